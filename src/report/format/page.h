/* SPDX-License-Identifier: MIT */
/* report/format/page: what the HTML page carries beside its text: the script, and the document itself. */
#ifndef MADVISOR_REPORT_FORMAT_PAGE_H
#define MADVISOR_REPORT_FORMAT_PAGE_H

#include "base/strbuf.h"
#include "model/result.h"

/* page.js, made by embed.py; and its hash, for the page's Content-Security-Policy: "sha256-…". */
extern const char page_script[];
extern const char page_script_hash[];

/*
 * Appends a link that saves the document that the page was made from: compressed by gzip, within the
 * page, so that it needs no connection and no script.
 */
void page_add_document(struct strbuf *out, const struct result *result) __attribute__((nonnull));

#endif
