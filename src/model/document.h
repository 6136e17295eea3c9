/* SPDX-License-Identifier: MIT */
/*
 * model/document: the result document as JSON text, described in docs/report-schema.md.
 *
 * Documents are untrusted: loading checks them against the schema's types and ranges, and resolves
 * names to indices, so that a loaded result is as well-formed as a measured one.
 */
#ifndef MADVISOR_MODEL_DOCUMENT_H
#define MADVISOR_MODEL_DOCUMENT_H

#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

/* Appends the document, indented, with a final newline. */
void document_write(const struct result *result, struct strbuf *sb) __attribute__((nonnull));

/* Appends one row of its runs, on one line without a newline. */
void document_write_run(const struct result *result, size_t run_index, struct strbuf *sb)
	__attribute__((nonnull));

/* The same of one row of its tuning's samples. */
void document_write_sample(const struct result *result, size_t sample_index, struct strbuf *sb)
	__attribute__((nonnull));

/*
 * Parses a document into *result, which must be freshly initialised and is empty again on failure.
 * `name` is for messages. -EINVAL with ERROR_USAGE: not such a document.
 */
int document_parse(const char *text, size_t len, const char *name, struct result *result,
		   struct error *err) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* Reads a file of at most 256 MiB, "-" for standard input, or an open descriptor, and parses it. */
int document_load(const char *path, struct result *result, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
int document_load_fd(int fd, const char *name, struct result *result, struct error *err)
	__attribute__((nonnull(2, 3), warn_unused_result));

#endif
