/* SPDX-License-Identifier: MIT */
/*
 * stacks/unwind-internal: what unwind.c, which walks, shares with unwind-names.c, which names, and unwind-table.c, which tells
 * how the way was found.
 */
#ifndef MADVISOR_STACKS_UNWIND_INTERNAL_H
#define MADVISOR_STACKS_UNWIND_INTERNAL_H

#include <elfutils/libdwfl.h>
#include <stdbool.h>

#include "stacks/address-space.h"
#include "stacks/stack-log.h"
#include "stacks/unwind.h"

struct namer;

static inline enum file_use unwind_use_of(const struct unwinding *unwinding,
					  const struct mapped_file *file)
{
	return unwinding->use ? unwinding->use[file - unwinding->log->files] : FILE_READ;
}

/* Says that the file (NULL: none) is read next, and for what. */
static inline void unwind_begin_step(const struct unwinding *unwinding,
				     const struct mapped_file *file, bool naming)
{
	if (file && unwinding->begin_step)
		unwinding->begin_step(unwinding->context, (size_t)(file - unwinding->log->files),
				      naming);
}

enum { UNWIND_TABLES_KNOWN = 1024 };

/* What was told of addresses of one address space, by their low bits. Zero-initialised: nothing. */
struct unwind_tables {
	struct {
		Dwarf_Addr address;
		bool has_table;
	} known[UNWIND_TABLES_KNOWN];
};

/* Whether an unwind table tells the way out of the function at an address. Without one the next frame is a guess. */
bool unwind_has_table(struct unwind_tables *tables, Dwfl *dwfl, Dwarf_Addr address)
	__attribute__((nonnull));

/* Frames are written when they first occur. Both are borrowed. */
struct namer *namer_new(const struct unwinding *unwinding, struct strbuf *out, uint64_t deadline_ns)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
void namer_free(struct namer *namer);
/* Addresses of another address space follow, which is borrowed. */
void namer_enter(struct namer *namer, const struct address_space *space) __attribute__((nonnull));
/*
 * The frames at an address, those inlined there first: their numbers, until the next call. The modules' user data is
 * their struct mapped_file.
 */
const uint32_t *namer_frames(struct namer *namer, Dwfl *dwfl, Dwarf_Addr address, size_t *ret_count)
	__attribute__((nonnull, returns_nonnull));

#endif
