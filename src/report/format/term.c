/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/emitter.h"
#include "report/format/term-table.h"

#define KEY_WIDTH 11    /* of the facts: "noise floor" */
#define TEXT_WIDTH 100  /* of paragraphs on a wider terminal, or without one */
#define SCREEN_LINES 19 /* of a brief report, which a line about the saved result stands before */

struct term {
	struct strbuf *out;
	const struct report_options *options;
	struct term_table table;
	size_t start;  /* of the report in `out` */
	bool in_facts; /* which a blank line parts from what follows */
};

static void add_style(struct term *term, const char *sequence)
{
	if (term->options->colour)
		strbuf_addstr(term->out, sequence);
}

static void add_spaces(struct strbuf *sb, size_t count)
{
	while (count--)
		strbuf_addch(sb, ' ');
}

/* The rest of a line that has `indent` columns so far, broken between words. */
static void add_wrapped(struct term *term, const char *text, size_t indent)
{
	unsigned int width = term->options->width;
	size_t limit = width && width < TEXT_WIDTH ? width : TEXT_WIDTH;
	_cleanup_strbuf_ struct strbuf safe = STRBUF_INIT;
	size_t column = indent;

	term_add_text(&safe, text, term->options);
	for (char *rest = safe.buf, *word; (word = strtok_r(rest, " ", &rest));) {
		size_t word_width = term_width(word, term->options);

		if (column > indent && column + 1 + word_width > limit) {
			strbuf_addch(term->out, '\n');
			add_spaces(term->out, indent);
			column = indent;
		} else if (column > indent) {
			strbuf_addch(term->out, ' ');
			column++;
		}
		strbuf_addstr(term->out, word);
		column += word_width;
	}
	strbuf_addch(term->out, '\n');
}

static void term_begin(void *self, const char *title, const char *subtitle)
{
	struct term *term = self;

	add_style(term, "\033[1m");
	term_add_text(term->out, title, term->options);
	add_style(term, "\033[0m");
	strbuf_addstr(term->out, ": ");
	add_wrapped(term, subtitle, term_width(title, term->options) + 2);
	strbuf_addch(term->out, '\n');
}

static void term_heading(void *self, const char *text)
{
	struct term *term = self;

	term->in_facts = false;
	strbuf_addch(term->out, '\n');
	add_style(term, "\033[1m");
	term_add_text(term->out, text, term->options);
	add_style(term, "\033[0m");
	strbuf_addch(term->out, '\n');
}

static void term_fact(void *self, const char *key, const char *text)
{
	struct term *term = self;
	size_t used = strlen(key);

	term->in_facts = true;
	add_spaces(term->out, 2);
	add_style(term, "\033[2m");
	term_add_text(term->out, key, term->options);
	add_style(term, "\033[0m");
	add_spaces(term->out, used < KEY_WIDTH ? KEY_WIDTH - used + 2 : 2);
	add_wrapped(term, text, 2 + KEY_WIDTH + 2);
}

static void term_table_begin_(void *self, const struct table *table)
{
	struct term *term = self;

	term->in_facts = false;
	term_table_init(&term->table, table, term->options);
}

static void term_group_begin(void *self, const char *title, const char *description)
{
	struct term *term = self;

	term_table_group(&term->table, title);
}

static void term_row(void *self, enum row_kind kind, const struct cell *cells)
{
	struct term *term = self;

	term_table_row(&term->table, cells);
}

static void term_group_end(void *self)
{
}

static void term_table_end_(void *self)
{
	struct term *term = self;
	bool is_matrix = term->table.kind == TABLE_MATRIX;

	term_table_print(&term->table, term->out);
	term_table_release(&term->table);
	if (is_matrix)
		strbuf_addstr(term->out,
			      term->options->utf8
				      ? "\n  \u25bc faster  \u25b2 slower  = tie  ? unclear\n"
				      : "\n  v faster  ^ slower  = tie  ? unclear\n");
}

static void term_note(void *self, enum note_kind kind, const char *text)
{
	struct term *term = self;
	const char *mark = kind == NOTE_WARNING ? "! " : term->options->utf8 ? "\u00b7 " : "- ";

	if (term->in_facts)
		strbuf_addch(term->out, '\n');
	term->in_facts = false;
	if (kind == NOTE_FOOT) {
		add_spaces(term->out, 2);
		add_wrapped(term, text, 2);
		return;
	}
	if (kind == NOTE_VERDICT) {
		add_style(term, "\033[1m");
		add_wrapped(term, text, 0);
		add_style(term, "\033[0m");
		return;
	}
	if (kind == NOTE_WHERE) {
		add_style(term, "\033[2m");
		strbuf_addch(term->out, '\n');
		add_wrapped(term, text, 0);
		add_style(term, "\033[0m");
		return;
	}
	size_t indent = kind == NOTE_DETAIL ? 4 : 2;

	add_spaces(term->out, indent);
	strbuf_addstr(term->out, mark);
	add_wrapped(term, text, indent + 2);
}

static void term_code(void *self, const char *line)
{
	struct term *term = self;

	strbuf_addf(term->out, "  %s\n", line);
}

static bool term_shows(const void *self, const char *text)
{
	const struct term *term = self;

	if (term->options->utf8)
		return true;
	for (const char *s = text; *s; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static unsigned int term_room(const void *self)
{
	const struct term *term = self;
	unsigned int lines = 0;

	for (const char *s = term->out->buf + term->start; (s = strchr(s, '\n')); s++)
		lines++;
	return lines < SCREEN_LINES ? SCREEN_LINES - lines : 0;
}

static void term_end(void *self)
{
}

static const struct emitter term_emitter = {
	.begin = term_begin,
	.heading = term_heading,
	.fact = term_fact,
	.table_begin = term_table_begin_,
	.group_begin = term_group_begin,
	.row = term_row,
	.group_end = term_group_end,
	.table_end = term_table_end_,
	.note = term_note,
	.code = term_code,
	.shows = term_shows,
	.room = term_room,
	.end = term_end,
};

static int write_term(const struct result *result, const struct report_options *options,
		      struct strbuf *out, struct error *err)
{
	struct term term = { .out = out, .options = options, .start = out->len };
	struct emitter emitter = term_emitter;

	emitter.brief = !options->details;
	emitter.verdict_last = options->last_verdict;
	report_produce(result, &emitter, &term);
	return 0;
}

const struct report_format report_term = {
	.name = "term",
	.option = NULL,
	.description = "what commands print: tables with bars for a terminal",
	.write = write_term,
};
