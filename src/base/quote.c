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

bool quote_assignment(struct strbuf *sb, const char *assignment)
{
	size_t name_len = strspn(assignment, LETTERS DIGITS "_");
	const char *value = assignment + name_len + 1;

	if (!name_len || strchr(DIGITS, assignment[0]) || assignment[name_len] != '=' ||
	    !quote_is_printable(value))
		return false;
	strbuf_add(sb, assignment, name_len + 1);
	quote_word(sb, value);
	return true;
}
