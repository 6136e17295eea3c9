/* SPDX-License-Identifier: MIT */
/* GitHub-flavoured Markdown: tables that also read well as plain text. */
#include <string.h>

#include "base/utf8.h"
#include "report/emitter.h"

struct markdown {
	struct strbuf *out;
	const struct table *table;
	bool in_notes; /* a list that the next heading or table must be parted from */
};

/*
 * A backslash before ASCII punctuation is Markdown for that character (CommonMark 0.31, 2.4), and a
 * pipe must have one inside a table (GFM, 4.10). Characters that mean nothing inside a line go as
 * they are. Markdown renders HTML, so < and & become entities.
 */
static void add_text(struct strbuf *out, const char *text)
{
	_cleanup_strbuf_ struct strbuf safe = STRBUF_INIT;

	strbuf_add_escaped(&safe, text);
	for (const char *s = safe.buf; *s; s++) {
		if (*s == '<')
			strbuf_addstr(out, "&lt;");
		else if (*s == '>')
			strbuf_addstr(out, "&gt;");
		else if (*s == '&')
			strbuf_addstr(out, "&amp;");
		else if (*s == '@')
			strbuf_addstr(out, "&#64;"); /* would call a person on some sites */
		else if (strchr("\\`*_[]|~#!$", *s))
			strbuf_addf(out, "\\%c", *s);
		else
			strbuf_addch(out, *s);
	}
}

static void end_notes(struct markdown *md)
{
	if (md->in_notes)
		strbuf_addch(md->out, '\n');
	md->in_notes = false;
}

static void md_begin(void *self, const char *title, const char *subtitle)
{
	struct markdown *md = self;

	strbuf_addstr(md->out, "# ");
	add_text(md->out, title);
	strbuf_addstr(md->out, ": ");
	add_text(md->out, subtitle);
	strbuf_addstr(md->out, "\n\n");
}

static void md_heading(void *self, const char *text)
{
	struct markdown *md = self;

	end_notes(md);
	strbuf_addstr(md->out, "## ");
	add_text(md->out, text);
	strbuf_addstr(md->out, "\n\n");
}

static void md_fact(void *self, const char *key, const char *text)
{
	struct markdown *md = self;

	strbuf_addstr(md->out, "- **");
	add_text(md->out, key);
	strbuf_addstr(md->out, "**: ");
	add_text(md->out, text);
	strbuf_addch(md->out, '\n');
	md->in_notes = true;
}

static void md_table_begin(void *self, const struct table *table)
{
	struct markdown *md = self;

	end_notes(md);
	md->table = table;
}

/* Bars are left out: they repeat the ratio as a picture, which Markdown cannot show. */
static bool is_shown(const struct column *column)
{
	return *column->title != '\0';
}

static void md_group_begin(void *self, const char *title, const char *description)
{
	struct markdown *md = self;
	const struct table *table = md->table;

	strbuf_addstr(md->out, "### ");
	add_text(md->out, title);
	strbuf_addstr(md->out, "\n\n");
	if (description) {
		add_text(md->out, description);
		strbuf_addstr(md->out, "\n\n");
	}
	for (size_t i = 0; i < table->column_count; i++) {
		if (!is_shown(&table->columns[i]))
			continue;
		strbuf_addstr(md->out, "| ");
		add_text(md->out, table->columns[i].title);
		strbuf_addch(md->out, ' ');
	}
	strbuf_addstr(md->out, "|\n");
	for (size_t i = 0; i < table->column_count; i++)
		if (is_shown(&table->columns[i]))
			strbuf_addstr(md->out, table->columns[i].numeric ? "|---:" : "|:---");
	strbuf_addstr(md->out, "|\n");
}

static void md_row(void *self, enum row_kind kind, const struct cell *cells)
{
	struct markdown *md = self;

	for (size_t i = 0; i < md->table->column_count; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		if (!is_shown(&md->table->columns[i]))
			continue;
		cell_text(&text, &cells[i], true);
		strbuf_addstr(md->out, cells[i].settled ? "| **" : "| ");
		add_text(md->out, text.buf);
		strbuf_addstr(md->out, cells[i].settled ? "** " : " ");
	}
	strbuf_addstr(md->out, "|\n");
}

static void md_group_end(void *self)
{
	struct markdown *md = self;

	strbuf_addch(md->out, '\n');
}

static void md_table_end(void *self)
{
	struct markdown *md = self;

	md->table = NULL;
}

static void md_note(void *self, enum note_kind kind, const char *text)
{
	struct markdown *md = self;

	if (kind == NOTE_FOOT) {
		add_text(md->out, text);
		strbuf_addstr(md->out, "\n\n");
		return;
	}
	if (kind == NOTE_VERDICT) {
		end_notes(md);
		strbuf_addstr(md->out, "**");
		add_text(md->out, text);
		strbuf_addstr(md->out, "**\n\n");
		return;
	}
	strbuf_addstr(md->out, kind == NOTE_WARNING  ? "- **Warning:** "
			       : kind == NOTE_DETAIL ? "  - "
						     : "- ");
	add_text(md->out, text);
	strbuf_addch(md->out, '\n');
	md->in_notes = true;
}

static size_t longest_run(const char *text, char c)
{
	size_t longest = 0, run = 0;

	for (; *text; text++) {
		run = *text == c ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	return longest;
}

/* A fence is longer than any in what it holds (CommonMark 0.31, 4.5); nothing in it is mark-up. */
static void md_code(void *self, const char *line)
{
	struct markdown *md = self;
	size_t fence = longest_run(line, '`') + 1;

	end_notes(md);
	fence = fence < 3 ? 3 : fence;
	for (size_t i = 0; i < fence; i++)
		strbuf_addch(md->out, '`');
	strbuf_addf(md->out, "sh\n%s\n", line);
	for (size_t i = 0; i < fence; i++)
		strbuf_addch(md->out, '`');
	strbuf_addstr(md->out, "\n\n");
}

static void md_end(void *self)
{
}

static const struct emitter markdown_emitter = {
	.verdicts_first = true,
	.begin = md_begin,
	.heading = md_heading,
	.fact = md_fact,
	.table_begin = md_table_begin,
	.group_begin = md_group_begin,
	.row = md_row,
	.group_end = md_group_end,
	.table_end = md_table_end,
	.note = md_note,
	.code = md_code,
	.end = md_end,
};

static int write_markdown(const struct result *result, const struct report_options *options,
			  struct strbuf *out, struct error *err)
{
	struct markdown md = { .out = out };

	report_produce(result, &markdown_emitter, &md);
	return 0;
}

const struct report_format report_markdown = {
	.name = "markdown",
	.option = "markdown",
	.description = "tables for an issue, a pull request or a README",
	.write = write_markdown,
};
