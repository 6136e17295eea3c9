/* SPDX-License-Identifier: MIT */
/*
 * identify/elf-object: queries on an executable or shared library, read with libelf.
 *
 * Nothing is loaded or run, so a hostile or foreign file is safe to open, and every walk over one
 * is bounded (identify/elf-walk). Returned texts are borrowed from the object and live until
 * elf_object_free(). Symbols come from the dynamic table; those of the static table (.symtab) count
 * only where a function says so.
 *
 * Source of the format: System V ABI, elf(5).
 */
#ifndef MADVISOR_IDENTIFY_ELF_OBJECT_H
#define MADVISOR_IDENTIFY_ELF_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct Elf;
struct elf_object;

#define _cleanup_elf_object_ __attribute__((cleanup(elf_object_cleanup)))

/*
 * Opens a file. ERROR_USAGE with -ENOENT, -EACCES, …; -ENOEXEC if it is not a regular ELF file.
 * The message names the path.
 */
int elf_object_open(const char *path, struct elf_object **ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/* The same for an open file; takes ownership, also on failure. The path is for messages only. */
int elf_object_open_fd(int fd, const char *path, struct elf_object **ret, struct error *err)
	__attribute__((nonnull(2, 3), warn_unused_result));
void elf_object_free(struct elf_object *object);

static inline void elf_object_cleanup(struct elf_object **object)
{
	elf_object_free(*object);
}

/* libelf's handle, for queries that only identify makes. Borrowed. */
struct Elf *elf_object_handle(const struct elf_object *object) __attribute__((nonnull));
/* The open file. Borrowed. */
int elf_object_fd(const struct elf_object *object) __attribute__((nonnull));

/* "x86_64", "aarch64", …, "machine 4711": as uname(1) writes it. A static text or one of the object. */
const char *elf_object_machine(struct elf_object *object) __attribute__((nonnull, returns_nonnull));
/* Whether the two could be loaded into one process: same machine, class and byte order. */
bool elf_object_same_abi(const struct elf_object *a, const struct elf_object *b)
	__attribute__((nonnull));
/* Whether it is a shared library; programs (also position-independent) and object files are not. */
bool elf_object_is_library(const struct elf_object *object) __attribute__((nonnull));

/* DT_SONAME and PT_INTERP; NULL without one. */
const char *elf_object_soname(const struct elf_object *object) __attribute__((nonnull));
const char *elf_object_interpreter(const struct elf_object *object) __attribute__((nonnull));
/* The i-th DT_NEEDED, or NULL past the last. */
const char *elf_object_needed(const struct elf_object *object, size_t i) __attribute__((nonnull));

/* A symbol of either table. */
struct elf_symbol {
	const char *name;
	bool defined;
	bool exported; /* in the dynamic table, a function that others can bind to */
	bool dynamic;  /* from the dynamic table */
	uint64_t value, size;
};

/* Whether to stop at this one. */
typedef bool (*elf_symbol_visitor)(const struct elf_symbol *symbol, void *context);
typedef bool (*elf_text_visitor)(const char *text, void *context);

/* Goes through the named symbols of both tables until `visit` returns true. Returns that name, or NULL at the end. */
const char *elf_object_find_symbol(const struct elf_object *object, elf_symbol_visitor visit,
				   void *context) __attribute__((nonnull(1, 2)));
/* Whether the dynamic table defines a function of that name for others to bind to. */
bool elf_object_defines(const struct elf_object *object, const char *function)
	__attribute__((nonnull));
/* The first function of the dynamic table whose name matches a glob pattern, or NULL. */
const char *elf_object_find_function(const struct elf_object *object, const char *pattern)
	__attribute__((nonnull));
/* Whether either symbol table defines a symbol (function or data) whose name matches a glob pattern. */
bool elf_object_has_symbol(const struct elf_object *object, const char *pattern)
	__attribute__((nonnull));

/*
 * Goes through the printable NUL-terminated texts (four characters or more) of data that is loaded, until `visit`
 * returns true. Returns that text, or NULL at the end.
 */
const char *elf_object_find_text(const struct elf_object *object, elf_text_visitor visit,
				 void *context) __attribute__((nonnull(1, 2)));

#endif
