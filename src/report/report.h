/* SPDX-License-Identifier: MIT */
/*
 * report/report: a result document as something to read, in one of several formats.
 *
 * Layer: above model, below cmd. Never sees a live process: what it shows stands in the document, so
 * that `madvisor report` gives the same page as the command that measured.
 *
 * Names, arguments and messages in a document are not trusted: each writer escapes what its format
 * would otherwise act on.
 */
#ifndef MADVISOR_REPORT_REPORT_H
#define MADVISOR_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "model/result.h"

/* What the output (terminal, file, browser) can show. */
struct report_options {
	bool colour;        /* escape sequences for colour and weight */
	bool utf8;          /* otherwise ASCII alone; with it, setlocale() must have been called */
	unsigned int width; /* columns of the terminal; 0: as wide as the report gets */
	bool no_charts;     /* HTML without its charts, its script and the document */
	bool details;       /* on a terminal all there is; otherwise what fits a screen */
	bool last_verdict; /* the verdict once more at the end: the last lines are what is in sight */
};

struct report_format {
	const char *name;   /* "markdown" */
	const char *option; /* that writes it to a file: "markdown" for --markdown FILE; or NULL */
	const char *description; /* for --help */
	int (*write)(const struct result *result, const struct report_options *options,
		     struct strbuf *out, struct error *err);
};

/* Static rows, NULL-terminated. */
const struct report_format *const *report_formats(void) __attribute__((returns_nonnull, const));
/* NULL for an unknown name. */
const struct report_format *report_format_by_name(const char *name) __attribute__((nonnull, pure));

/* Appends the whole report. -EINVAL where the result cannot be shown in that format. */
int report_write(const struct result *result, const struct report_format *format,
		 const struct report_options *options, struct strbuf *out, struct error *err)
	__attribute__((nonnull(1, 2, 3, 4), warn_unused_result));

#endif
