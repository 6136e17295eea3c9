/* SPDX-License-Identifier: MIT */
/*
 * base/quote: words and assignments as a POSIX shell must be given them, so that it takes them for nothing else. Pure.
 * Source of the rules: POSIX.1-2024, Shell Command Language, 2.2 "Quoting".
 */
#ifndef MADVISOR_BASE_QUOTE_H
#define MADVISOR_BASE_QUOTE_H

#include <stdbool.h>

#include "base/strbuf.h"

/* Whether a text can be shown, and copied from where it is shown, as it is: every character of it is printable. */
bool quote_is_printable(const char *text) __attribute__((nonnull, pure));

/* Appends a word: bare where no shell sees anything in it, otherwise in single quotes. */
void quote_word(struct strbuf *sb, const char *word) __attribute__((nonnull));

/* Appends words with spaces between them. NULL-terminated. */
void quote_words(struct strbuf *sb, const char *const *words) __attribute__((nonnull));

/*
 * Appends "NAME='value'" for "NAME=value": a shell that is given it sets the variable, and does nothing else. False,
 * with nothing appended, where NAME is no shell variable's name, or the value is not printable.
 */
bool quote_assignment(struct strbuf *sb, const char *assignment) __attribute__((nonnull));

/*
 * The same for any text at all, to be shown as data by a writer that escapes what does not print: given to a shell all the
 * same, it still runs nothing. Without a valid NAME the whole is one quoted word.
 */
void quote_data(struct strbuf *sb, const char *assignment) __attribute__((nonnull));

#endif
