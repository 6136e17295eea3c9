/* SPDX-License-Identifier: MIT */
/*
 * base/quote: quotes words and assignments for a POSIX shell. Pure.
 * Source of the rules: POSIX.1-2024, Shell Command Language, 2.2 "Quoting".
 */
#ifndef MADVISOR_BASE_QUOTE_H
#define MADVISOR_BASE_QUOTE_H

#include <stdbool.h>

#include "base/strbuf.h"

/* Whether every character is printable, so that the text can be shown and copied unchanged. */
bool quote_is_printable(const char *text) __attribute__((nonnull, pure));

/* Appends a word: bare if it has no special characters, otherwise in single quotes. */
void quote_word(struct strbuf *sb, const char *word) __attribute__((nonnull));

/* Appends words with spaces between them. NULL-terminated. */
void quote_words(struct strbuf *sb, const char *const *words) __attribute__((nonnull));

/*
 * Appends "NAME='value'" for "NAME=value", which makes a shell set the variable and do nothing
 * else. False, with nothing appended, if NAME is not a valid variable name, or the value is not
 * printable.
 */
bool quote_assignment(struct strbuf *sb, const char *assignment) __attribute__((nonnull));

/*
 * The same for any text, to be shown as data by a writer that escapes unprintable characters; a
 * shell that gets it runs nothing. Without a valid NAME the whole is one quoted word.
 */
void quote_data(struct strbuf *sb, const char *assignment) __attribute__((nonnull));

#endif
