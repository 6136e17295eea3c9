/* SPDX-License-Identifier: MIT */
/*
 * identify/script: parses the first line of a script, and what env(1) makes of it. Pure.
 *
 * Sources: execve(2), "Interpreter scripts": all behind the interpreter is one argument; env(1) of
 * GNU coreutils 9.1: -S splits it into words.
 */
#ifndef MADVISOR_IDENTIFY_SCRIPT_H
#define MADVISOR_IDENTIFY_SCRIPT_H

#include <stdbool.h>

/* All is owned. */
struct script_line {
	char *program;    /* the interpreter, or the program that env starts; NULL: none is named */
	char **changes;   /* to its environment, for environment_with(); NULL-terminated, or NULL */
	bool starts_bare; /* env -i: the changes are all that it has */
};

#define _cleanup_script_line_ __attribute__((cleanup(script_line_release)))

/*
 * Parses a line that begins with "#!". `environment` gives the values of ${NAME} behind env's -S;
 * NULL: it is empty.
 */
void script_line_parse(const char *line, char *const *environment, struct script_line *ret)
	__attribute__((nonnull(1, 3)));
void script_line_release(struct script_line *line);

#endif
