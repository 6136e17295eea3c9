/* SPDX-License-Identifier: MIT */
/*
 * identify/elf-walk: a walk over the sections of an ELF file that ends, whatever the file says.
 *
 * The files are anyone's. Sections may overlap, and every symbol may have the same name of many megabytes. So a walk
 * sees contents of at most twice the bytes that the file has, and names of at most as many as it has, but never more than
 * a fixed number; a name longer than WALK_NAME_MAX is none. A walk passes over what lies beyond the bounds.
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
	size_t left, left_text; /* bytes that may still be seen: of contents, of names */
	bool is_cut;            /* it ended before the file did: what is left was too much */
	const Elf_Data *names; /* of the section that the header links to; NULL where it has none */
};

struct elf_walk elf_walk_start(Elf *elf) __attribute__((nonnull, warn_unused_result));

/* The contents of the next section that `wanted` accepts and that has any in the file; NULL at the end. */
Elf_Data *elf_walk_next(struct elf_walk *walk, bool (*wanted)(const GElf_Shdr *header))
	__attribute__((nonnull, warn_unused_result));

/* A name in the table that the section links to; NULL where there is none, or no bytes are left. Borrowed. */
const char *elf_walk_name(struct elf_walk *walk, uint64_t offset)
	__attribute__((nonnull, warn_unused_result));

#endif
