/* SPDX-License-Identifier: MIT */
/*
 * alloc/library-file: reads from a library's file, without loading it, its allocator, version,
 * defined functions and options.
 *
 * A confined child reads the file (identify/elf-reader). The parser of its answer is pure and
 * checks everything: a hostile file can control its reader.
 */
#ifndef MADVISOR_ALLOC_LIBRARY_FILE_H
#define MADVISOR_ALLOC_LIBRARY_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "alloc/allocator.h"
#include "base/error.h"
#include "base/rights.h"

struct library_file {
	const struct allocator *allocator; /* allocator_custom if unknown */
	char *prefix;                      /* of its functions; "" without one */
	char *version;                     /* from its texts; NULL: not known */
	unsigned int functions;            /* library_function_bit() of each that it defines */
};

#define _cleanup_library_file_ __attribute__((cleanup(library_file_release)))

/* One bit for each function that decides whether a library can serve malloc; 0 for others. */
unsigned int library_function_bit(const char *function) __attribute__((nonnull, pure));

/*
 * Reads a library for this machine. ERROR_USAGE: it is missing, not a shared library, or for
 * another machine; ERROR_MACHINE: reading it failed. rights: as elf_read().
 */
int library_file_read(const char *path, const struct rights *rights, struct library_file *ret,
		      struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));
/* Parses an answer of library_file_read()'s child: -EBADMSG if it is malformed. */
int library_file_parse(const char *text, size_t len, struct library_file *ret)
	__attribute__((nonnull, warn_unused_result));
void library_file_release(struct library_file *file);

/* Whether a file is an ELF object that defines the function for others; false where it cannot be read. */
bool library_file_defines(const char *path, const struct rights *rights, const char *function)
	__attribute__((nonnull(1, 3), warn_unused_result));

/* Adds the names of the options in the file of an allocator whose list_options() finds them there. */
int library_file_options(const char *path, const struct rights *rights,
			 const struct allocator *allocator, struct option_map *ret,
			 struct error *err) __attribute__((nonnull(1, 3, 4), warn_unused_result));

#endif
