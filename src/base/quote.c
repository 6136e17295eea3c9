/* SPDX-License-Identifier: MIT */
#include "base/quote.h"

#include <string.h>

#include "base/utf8.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

bool quote_is_printable(const char *text)
{
	while (*text) {
		size_t len = utf8_printable_len(text);

		if (!len)
			return false;
		text += len;
	}
	return true;
}

void quote_word(struct strbuf *sb, const char *word)
{
	if (*word && !word[strspn(word, LETTERS DIGITS "_@%+=:,./-")]) {
		strbuf_addstr(sb, word);
		return;
	}
	strbuf_addch(sb, '\'');
	for (const char *s = word; *s; s++)
		if (*s == '\'')
			strbuf_addstr(sb, "'\\''");
		else
			strbuf_addch(sb, *s);
	strbuf_addch(sb, '\'');
}

void quote_words(struct strbuf *sb, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		strbuf_addstr(sb, i ? " " : "");
		quote_word(sb, words[i]);
	}
}

/* The length of "NAME=" at the start; 0 without one. */
static size_t name_len(const char *assignment)
{
	size_t len = strspn(assignment, LETTERS DIGITS "_");

	return len && !strchr(DIGITS, assignment[0]) && assignment[len] == '=' ? len + 1 : 0;
}

void quote_data(struct strbuf *sb, const char *assignment)
{
	size_t len = name_len(assignment);

	strbuf_add(sb, assignment, len);
	quote_word(sb, assignment + len);
}

bool quote_assignment(struct strbuf *sb, const char *assignment)
{
	if (!name_len(assignment) || !quote_is_printable(assignment))
		return false;
	quote_data(sb, assignment);
	return true;
}
