/* SPDX-License-Identifier: MIT */
/*
 * base/spawn: runs a short helper command and collects its output.
 *
 * The command gets /dev/null as standard input, its own process group, and the caller's environment
 * with the given changes. It and its group are killed at the timeout or if the output is too long,
 * so it cannot outlive the call. Measured runs belong to run/.
 */
#ifndef MADVISOR_BASE_SPAWN_H
#define MADVISOR_BASE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/confined.h"
#include "base/error.h"
#include "base/strbuf.h"

struct spawn {
	const char *const *argv; /* NULL-terminated; argv[0] is searched in PATH */
	const char *const *env; /* "NAME=value" to set, "NAME" to unset; NULL-terminated, or NULL */
	uint64_t timeout_ns;    /* 0: ten seconds */
	size_t output_max;      /* bytes for each stream; 0: 1 MiB */
	/*
	 * If given, the command runs in a confined child, which may start threads but no processes,
	 * with these rights, memory and descriptors, and the time and output above. Borrowed.
	 */
	const struct confined *confined;
};

struct spawn_result {
	int exit_status; /* as a shell gives it: 128 + signal where a signal ended it */
	bool timed_out;
	struct strbuf out;
	struct strbuf err;
};

#define SPAWN_RESULT_INIT                           \
	{                                           \
		-1, false, STRBUF_INIT, STRBUF_INIT \
	}
#define _cleanup_spawn_result_ __attribute__((cleanup(spawn_result_release)))

/*
 * Returns 0 if the command ran, whatever its exit status; a negative errno if it could not be
 * started (-ENOENT: no such command); -ETIMEDOUT if it was killed at the timeout, and -EFBIG for
 * its output: result then holds the output so far.
 */
int spawn_capture(const struct spawn *spawn, struct spawn_result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void spawn_result_release(struct spawn_result *result);

/*
 * A copy of an environment (NULL-terminated "NAME=value" strings) with changes applied in order:
 * "NAME=value" sets, "NAME" unsets. Free with strv_free().
 */
char **environment_with(char *const *environment, const char *const *changes)
	__attribute__((nonnull(1), returns_nonnull, warn_unused_result));
/* Frees a NULL-terminated array of owned strings. Takes NULL. */
void strv_free(char **strings);

#endif
