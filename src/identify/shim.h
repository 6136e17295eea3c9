/* SPDX-License-Identifier: MIT */
/*
 * identify/shim: version managers put a small program before the real one: a script that finds the version to run
 * (pyenv, rbenv, nodenv, goenv, jenv, plenv, asdf), or a copy of the manager under the program's name (rustup). It takes 10 to
 * 300 ms a start, and its heap is not the program's. This finds the file that it would run, by the manager's own rules,
 * from its files alone: nothing is run. nvm has no shims: it puts the folder of a version into PATH, where the program itself is found.
 *
 * Rules: pyenv's libexec/pyenv-version-name and -which, and its like in the others; "How asdf selects a version" in asdf's
 * manual; "Overrides" in rustup's book. Left to the shim, as if there were none: a version that is not installed, and
 * rustc +TOOLCHAIN.
 */
#ifndef MADVISOR_IDENTIFY_SHIM_H
#define MADVISOR_IDENTIFY_SHIM_H

#include <stdbool.h>

/* The file that a shim leads to. */
struct shim_target {
	char *file;          /* NULL: it is no shim, or leads nowhere; owned */
	const char *manager; /* "pyenv"; static */
};

/*
 * found: path of a command as it is found in PATH, before symbolic links are followed. The environment, with HOME, PATH and the
 * manager's variables, is that of the command. Works in a confined child with the rights of the shim's owner.
 */
void shim_follow(const char *found, char *const *environment, struct shim_target *ret)
	__attribute__((nonnull));

/* The same for a command's name, searched in PATH. */
void shim_follow_command(const char *name, char *const *environment, struct shim_target *ret)
	__attribute__((nonnull));

void shim_target_release(struct shim_target *target);

#define _cleanup_shim_target_ __attribute__((cleanup(shim_target_release)))

#endif
