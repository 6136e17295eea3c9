/* SPDX-License-Identifier: MIT */
/*
 * identify/elf: ELF queries for identify beyond elf-object: values of variables, bytes at an
 * address, the kind of program. Texts are borrowed from the object. Walks are bounded
 * (identify/elf-walk).
 */
#ifndef MADVISOR_IDENTIFY_ELF_H
#define MADVISOR_IDENTIFY_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "identify/elf-object.h"

enum elf_kind_of {
	ELF_OTHER, /* object file, core dump */
	ELF_LIBRARY,
	ELF_PROGRAM_DYNAMIC,
	ELF_PROGRAM_STATIC, /* no dynamic loader runs */
};

enum elf_kind_of elf_kind_of(const struct elf_object *object) __attribute__((nonnull));
bool elf_is_position_independent(const struct elf_object *object) __attribute__((nonnull));
/* Whether it has a section table, which symbols and texts are found by. */
bool elf_has_sections(const struct elf_object *object) __attribute__((nonnull));
bool elf_has_section(const struct elf_object *object, const char *name) __attribute__((nonnull));
/* Whether it was packed by UPX: the program in it is compressed. */
bool elf_is_packed(const struct elf_object *object) __attribute__((nonnull));
/*
 * The section that holds compressed data, where that is most of the file: a program or library that
 * unpacks another one while it runs. NULL: none.
 */
const char *elf_compressed_section(const struct elf_object *object) __attribute__((nonnull));
/* Whether the file ends before its section table. */
bool elf_is_cut(const struct elf_object *object) __attribute__((nonnull));
/* Whether all of its symbols and texts were read, within the bounds of identify/elf-walk. */
bool elf_is_seen_whole(const struct elf_object *object) __attribute__((nonnull));
/* Whether .symtab was left in. */
bool elf_has_symbol_table(const struct elf_object *object) __attribute__((nonnull));
/* DT_RPATH (15), DT_RUNPATH (29): the text of a dynamic entry, or NULL. */
const char *elf_dynamic_text(const struct elf_object *object, int64_t tag) __attribute__((nonnull));

/*
 * The first match of `needle` in loaded data that `check` accepts; `check` gets the `left` bytes
 * behind the needle. NULL without a match.
 */
const char *elf_find_bytes(const struct elf_object *object, const char *needle,
			   bool (*check)(const char *after, size_t left)) __attribute__((nonnull));

/* The `size` bytes that the file has for an address in memory, or NULL. */
const void *elf_bytes_at(const struct elf_object *object, uint64_t address, size_t size)
	__attribute__((nonnull));
/* The address that a pointer at that address holds before the program runs; 0: none is known. */
uint64_t elf_pointed_address(const struct elf_object *object, uint64_t variable)
	__attribute__((nonnull));
/* The text that a `char *` variable at that address points to before the program runs; or NULL. */
const char *elf_pointed_text(const struct elf_object *object, uint64_t variable)
	__attribute__((nonnull));
/*
 * The result of a function that only returns a constant, else -1: for versions that are only in
 * code. x86-64 and aarch64.
 */
int64_t elf_constant_of(const struct elf_object *object, uint64_t function)
	__attribute__((nonnull));

#endif
