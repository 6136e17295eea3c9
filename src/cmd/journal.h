/* SPDX-License-Identifier: MIT */
/*
 * cmd/journal: the rows of a result, kept in the state folder while it is measured (model/journal), and the result made of
 * them where madvisor was killed.
 *
 * Whoever writes a journal holds a lock on it (flock(2)): a journal without one is of a run that is over. Zero-initialised,
 * with fd -1, there is none: it is made with the first row.
 */
#ifndef MADVISOR_CMD_JOURNAL_H
#define MADVISOR_CMD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/result.h"

struct journal {
	int fd;     /* -1: none yet */
	char *name; /* in the state folder; owned */
	bool failed;
	size_t rows; /* of the result, that are in it */
	uint64_t head_digest;
	uint64_t synced_ns;
};

#define JOURNAL_INIT     \
	{                \
		.fd = -1 \
	}

/*
 * Appends the rows that the result has beyond those in the journal, each by one write(2), and before them what else has
 * changed. No more than a second's rows are not on the disk yet. A negative errno is worth one warning: no further call
 * does anything.
 */
int journal_keep(struct journal *journal, const struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* The result is saved: takes the journal away. */
int journal_remove(struct journal *journal, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Closes it; it stays where it is. */
void journal_release(struct journal *journal) __attribute__((nonnull));

/* A journal to be made a result of. */
struct remains {
	int fd;     /* holds a lock against others who do the same; -1: none */
	char *path; /* owned */
	char *name; /* in the state folder; owned; NULL: elsewhere, to be left there */
};

#define REMAINS_INIT           \
	{                      \
		-1, NULL, NULL \
	}
#define _cleanup_remains_ __attribute__((cleanup(remains_release)))

/*
 * Opens a journal, or with path NULL the newest that nobody writes any more. ERROR_USAGE: there is none (-ENOENT); it is
 * still written (-EBUSY).
 */
int remains_open(const char *path, struct remains *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));

/* As document_load(), with what is computed from the rows. */
int remains_load(const struct remains *remains, struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void remains_release(struct remains *remains);

/* The paths of all that nobody writes any more, the newest first; NULL-terminated. Free with strv_free(). */
char **remains_list(void) __attribute__((returns_nonnull, warn_unused_result));

#endif
