/* SPDX-License-Identifier: MIT */
#include "report/paste.h"

#include <ctype.h>
#include <string.h>

#include "base/quote.h"

/* A document has \xNN in place of an invalid UTF-8 byte (docs/report-schema.md), which is lost. */
static bool holds_lost_bytes(const char *text)
{
	for (const char *s = text; (s = strstr(s, "\\x")); s++)
		if (isxdigit((unsigned char)s[2]) && isxdigit((unsigned char)s[3]))
			return true;
	return false;
}

static bool add_quoted(const struct production *production, const char *assignment,
		       struct strbuf *sb)
{
	const struct emitter *emitter = production->emitter;

	return !holds_lost_bytes(assignment) &&
	       (!emitter->shows || emitter->shows(production->self, assignment)) &&
	       quote_assignment(sb, assignment);
}

bool paste_line(const struct production *production, char *const *env, struct strbuf *sb)
{
	size_t before = sb->len;

	for (size_t i = 0; env[i]; i++) {
		strbuf_addstr(sb, i ? " " : "");
		if (!add_quoted(production, env[i], sb)) {
			strbuf_truncate(sb, before);
			return false;
		}
	}
	return true;
}

void paste_in_words(const struct production *production, const char *assignment, struct strbuf *sb)
{
	if (add_quoted(production, assignment, sb))
		return;
	quote_data(sb, assignment);
	strbuf_addstr(sb, " (escaped: not to be copied)");
}

/* Shows a value that cannot be copied from a terminal, escaped and marked as such. */
static void say_escaped(const struct production *production, char *const *env)
{
	for (; *env; env++) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

		paste_in_words(production, *env, &sb);
		say(production, NOTE_PLAIN,
		    "no line to copy: it would hold characters that cannot be shown. It is: %s",
		    sb.buf);
	}
}

void say_line_to_copy(const struct production *production, char *const *env)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!env[0])
		return;
	if (paste_line(production, env, &sb))
		production->emitter->code(production->self, sb.buf);
	else
		say_escaped(production, env);
}
