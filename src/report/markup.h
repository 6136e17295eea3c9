/* SPDX-License-Identifier: MIT */
/*
 * report/markup: text in HTML and SVG. What comes from a document may hold anything: it goes through
 * here, so that a browser reads it as text, within elements and within quoted attributes.
 */
#ifndef MADVISOR_REPORT_MARKUP_H
#define MADVISOR_REPORT_MARKUP_H

#include "base/strbuf.h"

/* Untrusted text: control bytes and broken UTF-8 as \xNN, then as entities. */
void markup_add_text(struct strbuf *out, const char *text) __attribute__((nonnull));

/* Text that is printable already (quote_is_printable()), such as a line to copy: entities alone. */
void markup_add_entities(struct strbuf *out, const char *text) __attribute__((nonnull));

#endif
