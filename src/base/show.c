/* SPDX-License-Identifier: MIT */
#include "base/show.h"

#include <langinfo.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

/* In our own texts. */
#define ELLIPSIS "\u2026"

bool show_utf8(void)
{
	return !strcmp(nl_langinfo(CODESET), "UTF-8");
}

void show_in_ascii(struct strbuf *sb, size_t start)
{
	_cleanup_free_ char *text = xstrdup(sb->buf + start);

	strbuf_truncate(sb, start);
	for (const char *s = text; *s;) {
		size_t len = 1;

		if ((unsigned char)*s < 0x80) {
			strbuf_addch(sb, *s);
		} else if (!strncmp(s, ELLIPSIS, strlen(ELLIPSIS))) {
			strbuf_addstr(sb, "...");
			len = strlen(ELLIPSIS);
		} else {
			strbuf_addf(sb, "\\x%02x", (unsigned char)*s);
		}
		s += len;
	}
}

void show_text(struct strbuf *sb, const char *text, bool utf8)
{
	size_t start = sb->len;

	strbuf_add_escaped(sb, text);
	if (!utf8)
		show_in_ascii(sb, start);
}
