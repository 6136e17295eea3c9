/* SPDX-License-Identifier: MIT */
/* identify/locate: the file that a command's name stands for. */
#ifndef MADVISOR_IDENTIFY_LOCATE_H
#define MADVISOR_IDENTIFY_LOCATE_H

/*
 * A path, or if it has no '/' and is not in the current folder, a command in the environment's PATH. Caller frees; NULL if
 * there is none. A path need not exist.
 */
char *program_locate(const char *name, char *const *environment)
	__attribute__((nonnull(1), warn_unused_result));

#endif
