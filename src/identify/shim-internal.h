/* SPDX-License-Identifier: MIT */
/*
 * identify/shim-internal: what the files of identify/shim share. All of it runs in a confined child, with the rights of the shim's owner, and reads
 * regular files of bounded size alone.
 */
#ifndef MADVISOR_IDENTIFY_SHIM_INTERNAL_H
#define MADVISOR_IDENTIFY_SHIM_INTERNAL_H

#include <stdbool.h>

#include "base/strbuf.h"

struct shim_question {
	const char *found;
	const char *name; /* of the program: the last part of `found` */
	char *const *environment;
};

/* Reads a regular file without NUL bytes; false for others, such as a pipe that would block. */
bool shim_read(const char *path, struct strbuf *ret) __attribute__((nonnull, warn_unused_result));
bool shim_is_program(const char *path) __attribute__((nonnull));
/* Whether it can be the name of a version or toolchain, and stays below its folder. */
bool shim_is_plain(const char *name) __attribute__((nonnull, pure));
/* The first regular file of this name in the current folder, or one above. Caller frees; NULL: none. */
char *shim_find_above(const char *name) __attribute__((nonnull));
/* The program in PATH, without the shims. Caller frees; NULL: none. */
char *shim_find_system(const struct shim_question *question) __attribute__((nonnull));

/* The file that a shim leads to: caller frees; NULL: none. *ret_manager is static. */
char *shim_of_script(const struct shim_question *question, const char **ret_manager)
	__attribute__((nonnull));
char *shim_of_rustup(const struct shim_question *question) __attribute__((nonnull));

/* The static name that equals the first `len` bytes, of those that shim_of_script() gives; or NULL. */
const char *shim_manager_named(const char *text, size_t len) __attribute__((nonnull));

#endif
