/* SPDX-License-Identifier: MIT */
/*
 * identify/file: from a name to the program's file, by way of a script's first line; and what that file is. The first part
 * is for madvisor itself, the second for the confined child of identify/identify.
 */
#ifndef MADVISOR_IDENTIFY_FILE_H
#define MADVISOR_IDENTIFY_FILE_H

#include <stdbool.h>

#include "identify/identify.h"

struct program_file {
	char *path;    /* of what was named; owned */
	char *program; /* the ELF file: the same, or what runs the script; owned */
	int fd;        /* of that, to be read; owned; -1: none */
	bool is_script;
};

#define _cleanup_program_file_ __attribute__((cleanup(program_file_release)))

/*
 * The file that runs: a path, or without '/' and where there is none in the current folder, a command in PATH.
 * ERROR_USAGE where there is none, or where it is no program; ERROR_MACHINE where it may not be read.
 */
int program_file_find(const char *name, char *const *environment, struct program_file *ret,
		      struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));
void program_file_release(struct program_file *file);

/* Makes what was found of the interpreter what is said of the script. */
void program_file_describe_script(const struct program_file *file, struct identification *ret)
	__attribute__((nonnull));

/*
 * Identifies an open ELF file, which it takes over. *ret is to be zero, and stays so where this fails; target, pid and path
 * are the caller's.
 */
int file_identify(const char *name, const char *path, int fd, char *const *environment,
		  struct identification *ret, struct error *err)
	__attribute__((nonnull(1, 2, 5), warn_unused_result));

#endif
