/* SPDX-License-Identifier: MIT */
/*
 * identify/elf-walk: a bounded walk over the sections of an untrusted ELF file.
 *
 * Sections may overlap, and every symbol may have the same name of many megabytes. So a walk
 * reads at most twice the file's size of contents, and once its size of names, both capped at a
 * fixed number. Names longer than WALK_NAME_MAX are ignored. A walk skips data beyond the bounds.
 */
#ifndef MADVISOR_IDENTIFY_ELF_WALK_H
#define MADVISOR_IDENTIFY_ELF_WALK_H

#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes. The longest names are those of C++ templates. */
#define WALK_BYTES_MAX ((size_t)1 << 30)
#define WALK_NAMES_MAX ((size_t)256 << 20)
#define WALK_NAME_MAX ((size_t)64 << 10)

struct elf_walk {
	Elf *elf;
	Elf_Scn *section;
	GElf_Shdr header;       /* of the section that elf_walk_next() returned last */
	size_t left, left_text; /* bytes of the budget: of contents, of names */
	bool is_cut;            /* it skipped part of the file, which exceeded the bounds */
	const Elf_Data *names;  /* of the section that the header links to; NULL without one */
};

struct elf_walk elf_walk_start(Elf *elf) __attribute__((nonnull, warn_unused_result));

/* Contents of the next section with data in the file that `wanted` accepts; NULL at the end. */
Elf_Data *elf_walk_next(struct elf_walk *walk, bool (*wanted)(const GElf_Shdr *header))
	__attribute__((nonnull, warn_unused_result));

/* A name in the section's linked string table; NULL without one, or at the bounds. Borrowed. */
const char *elf_walk_name(struct elf_walk *walk, uint64_t offset)
	__attribute__((nonnull, warn_unused_result));

#endif
