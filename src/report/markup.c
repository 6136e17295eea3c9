/* SPDX-License-Identifier: MIT */
#include "report/markup.h"

void markup_add_entities(struct strbuf *out, const char *text)
{
	for (const char *s = text; *s; s++) {
		switch (*s) {
		case '<':
			strbuf_addstr(out, "&lt;");
			break;
		case '>':
			strbuf_addstr(out, "&gt;");
			break;
		case '&':
			strbuf_addstr(out, "&amp;");
			break;
		case '"':
			strbuf_addstr(out, "&quot;");
			break;
		case '\'':
			strbuf_addstr(out, "&#39;");
			break;
		default:
			strbuf_addch(out, *s);
		}
	}
}

void markup_add_text(struct strbuf *out, const char *text)
{
	_cleanup_strbuf_ struct strbuf safe = STRBUF_INIT;

	strbuf_add_escaped(&safe, text);
	markup_add_entities(out, safe.buf);
}
