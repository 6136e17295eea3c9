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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/* Of a value of LD_PRELOAD: what comes after the witness; all of it where the witness is not first. Borrowed. */
const char *witness_preload_rest(const char *preload)
	__attribute__((nonnull, returns_nonnull, pure));

/* The environment with the witness first in LD_PRELOAD, and asked nothing. Free with strv_free(). */
char **witness_preload(const struct witness *witness, char *const *environment)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));
/* The same, asked which object serves malloc. Free with strv_free(). */
char **witness_environment(const struct witness *witness, char *const *environment)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Forgets what was said so far, before another run. */
void witness_forget(const struct witness *witness) __attribute__((nonnull));

/* What a program said of itself. */
struct testimony {
	uint64_t key;    /* of the program: probe/lineage.h */
	bool serves;     /* malloc is the contender's */
	char *object;    /* what serves malloc, as it said; NULL where that is the contender's */
	size_t ends;     /* processes that spoke at their end */
	uint64_t cpu_ns; /* of these */
};

struct testimonies {
	struct testimony *items; /* by key, each once */
	size_t count, alloc;
};

#define _cleanup_testimonies_ __attribute__((cleanup(testimonies_release)))

/*
 * Judges the report: the started program must have malloc from the contender's library, or with
 * `any` at least one that it starts. Sets contender->proof. Otherwise ERROR_USAGE -EPERM with the
 * reason, also if the witness was never loaded. *ret is what each program said, in either case.
 */
int witness_check(const struct witness *witness, struct contender *contender, bool any,
		  struct testimonies *ret, struct error *err)
	__attribute__((nonnull(1, 2, 4), warn_unused_result));

/*
 * Parses a report, which the program can have written itself: lines that are not a witness's are left
 * out. `serves` tells by context whether an object is the contender's. *ret_first: the index of the
 * program that spoke first, or SIZE_MAX.
 */
void testimonies_parse(char *text, bool (*serves)(const void *context, const char *object),
		       const void *context, struct testimonies *ret, size_t *ret_first)
	__attribute__((nonnull(1, 2, 4, 5)));
/* Borrowed, or NULL. */
const struct testimony *testimonies_find(const struct testimonies *testimonies, uint64_t key)
	__attribute__((nonnull, pure));
void testimonies_release(struct testimonies *testimonies);

void witness_close(struct witness *witness);

#endif
