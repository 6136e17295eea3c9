/* SPDX-License-Identifier: MIT */
/*
 * model/journal: an append-only log of a result during measurement, so that the runs survive if
 * madvisor is killed. Described in docs/report-schema.md.
 *
 * Each line is a JSON object. A head, `{"journal": …, "document": …}`, is the document so far
 * without its runs, its tuning's samples and values computed from the runs; the last head counts. A row,
 * `{"run": …}` or `{"sample": …}`, is one row of the document's runs or of its tuning's samples. A last line without a newline was being written when madvisor was
 * killed.
 */
#ifndef MADVISOR_MODEL_JOURNAL_H
#define MADVISOR_MODEL_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

#define JOURNAL_SCHEMA "madvisor.journal/1"

/* Appends a line. */
void journal_write_head(const struct result *result, struct strbuf *sb) __attribute__((nonnull));
void journal_write_run(const struct result *result, size_t run_index, struct strbuf *sb)
	__attribute__((nonnull));
void journal_write_sample(const struct result *result, size_t sample_index, struct strbuf *sb)
	__attribute__((nonnull));

/* Changes when a new head must be written. */
uint64_t journal_head_digest(const struct result *result) __attribute__((nonnull));

/*
 * The result of a journal, without summaries, marked as partial and stopped by "killed". As
 * document_parse(): *result must be freshly initialised; -EINVAL with ERROR_USAGE: not a journal.
 */
int journal_parse(const char *text, size_t len, const char *name, struct result *result,
		  struct error *err) __attribute__((nonnull(1, 3, 4), warn_unused_result));

#endif
