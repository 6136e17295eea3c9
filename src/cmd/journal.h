/* SPDX-License-Identifier: MIT */
/*
 * cmd/journal: keeps the rows of a result in the state folder during measurement (model/journal),
 * and recovers the result from them if madvisor was killed.
 *
 * The writer of a journal holds a lock on it (flock(2)); an unlocked journal belongs to a run that
 * has ended. Zero-initialised with fd -1: no journal yet; the first row creates it.
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
	size_t rows;    /* of the result, that are in it */
	size_t samples; /* of the result's tuning */
	uint64_t head_digest;
	uint64_t synced_ns;
};

#define JOURNAL_INIT     \
	{                \
		.fd = -1 \
	}

/*
 * Appends changes to the head of the result, then its new rows, each by one write(2). At
 * most the last second's rows are not yet on the disk. A negative errno is returned once, for a
 * warning: further calls do nothing.
 */
int journal_keep(struct journal *journal, const struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* Deletes the journal, after the result is saved. */
int journal_remove(struct journal *journal, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Closes the journal; its file stays. */
void journal_release(struct journal *journal) __attribute__((nonnull));

/* A journal to recover a result from. */
struct remains {
	int fd;     /* holds a lock against others that recover it; -1: none */
	char *path; /* owned */
	char *name; /* in the state folder; owned; NULL: elsewhere, kept there */
};

#define REMAINS_INIT           \
	{                      \
		-1, NULL, NULL \
	}
#define _cleanup_remains_ __attribute__((cleanup(remains_release)))

/*
 * Opens a journal, or with path NULL the newest without a writer, of one command if that is not NULL.
 * ERROR_USAGE: none found (-ENOENT), or it has a writer (-EBUSY).
 */
int remains_open(const char *path, const char *command, struct remains *ret, struct error *err)
	__attribute__((nonnull(3), warn_unused_result));

/* As document_load(), with the summaries computed from the rows. */
int remains_load(const struct remains *remains, struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

void remains_release(struct remains *remains);

/* The paths of all journals without a writer, newest first. NULL-terminated. Free: strv_free(). */
char **remains_list(void) __attribute__((returns_nonnull, warn_unused_result));

#endif
