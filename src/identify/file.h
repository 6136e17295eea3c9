/* SPDX-License-Identifier: MIT */
/*
 * identify/file: finds the program's file by name, through a script's first line, and identifies
 * it. madvisor itself does the first part, the confined child of identify/identify the second.
 */
#ifndef MADVISOR_IDENTIFY_FILE_H
#define MADVISOR_IDENTIFY_FILE_H

#include <stdbool.h>

#include "identify/identify.h"

struct program_file {
	char *path;         /* of the named file; owned */
	char *program;      /* the ELF file: the same, or the script's interpreter; owned */
	char **environment; /* that env(1) gives it by the script's first line; owned; NULL: as given */
	int fd;             /* of that, to be read; owned; -1: none */
	bool is_script;
	char *shim; /* a sentence, if a version manager's shim was followed; NULL: none; owned */
};

#define _cleanup_program_file_ __attribute__((cleanup(program_file_release)))

/*
 * Finds the file that runs, behind a version manager's shim (identify/shim): a path, or if it has no '/' and is not in the current folder, a command
 * in PATH. ERROR_USAGE: not found, or not a program; ERROR_MACHINE: it may not be read.
 */
int program_file_find(const char *name, char *const *environment, struct program_file *ret,
		      struct error *err) __attribute__((nonnull(1, 3), warn_unused_result));
void program_file_release(struct program_file *file);

/* Turns the interpreter's identification into the script's. */
void program_file_describe_script(const struct program_file *file, struct identification *ret)
	__attribute__((nonnull));

/*
 * Identifies an open ELF file; takes ownership of it. *ret must be zero, and stays so on failure;
 * the caller sets target, pid and path.
 */
int file_identify(const char *name, const char *path, int fd, char *const *environment,
		  struct identification *ret, struct error *err)
	__attribute__((nonnull(1, 2, 5), warn_unused_result));

#endif
