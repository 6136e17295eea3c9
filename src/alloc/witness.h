/* SPDX-License-Identifier: MIT */
/*
 * alloc/witness: checks that a contender serves malloc in the user's own program, by a small
 * library that is preloaded beside it for one run (src/witness/witness.c).
 *
 * The program can only write to the report file: its directory belongs to madvisor (which protects
 * it unless the program runs as the same user), and it is read by the descriptor that created it.
 *
 * The next madvisor removes directories left by a killed one; a live one holds a lock (flock(2)).
 *
 * Life cycle: witness_open(), a run under witness_environment(), witness_check(), witness_close().
 */
#ifndef MADVISOR_ALLOC_WITNESS_H
#define MADVISOR_ALLOC_WITNESS_H

#include <sys/types.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

struct witness {
	char *library;   /* of the witness */
	char *directory; /* private to the run */
	char *file;      /* in it: the witness writes to it */
	int parent_fd, directory_fd,
		fd; /* of the directory's parent, the directory, and the file; -1: none */
};

#define WITNESS_INIT                         \
	{                                    \
		NULL, NULL, NULL, -1, -1, -1 \
	}

#define _cleanup_witness_ __attribute__((cleanup(witness_close)))

/*
 * Finds the library and makes the file, which the user with this uid may write to. ERROR_MACHINE
 * without the library or a temporary directory.
 */
int witness_open(struct witness *witness, uid_t uid, gid_t gid, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* The environment with the witness first in LD_PRELOAD. Free with strv_free(). */
char **witness_environment(const struct witness *witness, char *const *environment)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * Judges the report: the started program must have malloc from the contender's library. Sets
 * contender->proof, with the number of other programs that it started and that did or did not.
 * Otherwise ERROR_USAGE -EPERM with the reason, also if the witness was never loaded.
 */
int witness_check(const struct witness *witness, struct contender *contender, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void witness_close(struct witness *witness);

#endif
