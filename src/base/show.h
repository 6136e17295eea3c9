/* SPDX-License-Identifier: MIT */
/*
 * base/show: converts text for people to the terminal's character set. All such output passes
 * through here, so that LC_ALL=C gets ASCII alone from every command.
 */
#ifndef MADVISOR_BASE_SHOW_H
#define MADVISOR_BASE_SHOW_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

/* Whether the locale's characters are UTF-8. setlocale(LC_CTYPE, "") must have been called. */
bool show_utf8(void);

/* Appends untrusted text, escaped (strbuf_add_escaped()); without `utf8` also in ASCII, as show_in_ascii() makes it. */
void show_text(struct strbuf *sb, const char *text, bool utf8) __attribute__((nonnull));

/* Turns a buffer from `start` on into ASCII: "…" becomes "...", other bytes beyond ASCII \xNN. */
void show_in_ascii(struct strbuf *sb, size_t start) __attribute__((nonnull));

#endif
