/* SPDX-License-Identifier: MIT */
/*
 * report/emitter: what a report consists of. One producer (produce.c) says what is shown, in this
 * vocabulary; each writer says how it looks. A new format is a new struct emitter, a new thing to
 * show is a change in the producer, and neither knows of the other.
 *
 * The order of calls: begin; then headings, facts, tables and paragraphs; end. Inside
 * table_begin/table_end: group_begin, rows, group_end, any number of times; every row lies in a group.
 * All texts are borrowed for the call, are not trusted, and have no mark-up: a writer escapes them, but for lines of code.
 * Values are in the unit of their metric; NAN is "not measured", shown as "-".
 */
#ifndef MADVISOR_REPORT_EMITTER_H
#define MADVISOR_REPORT_EMITTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"
#include "model/metrics.h"
#include "report/report.h"
#include "stats/verdict.h"

enum cell_kind {
	CELL_TEXT,
	CELL_VALUE,    /* a number in the unit of a metric */
	CELL_RATIO,    /* to the baseline; `text`: a word behind it, or NULL */
	CELL_INTERVAL, /* of a ratio */
	CELL_BAR,      /* a length between 0 and `high`, with a mark at 1: the baseline */
	CELL_PERCENT,
	CELL_VERDICT,
	CELL_OUTCOME, /* a ratio and its verdict in one; `text`: the word for it, NULL: the verdict's name */
};

struct cell {
	enum cell_kind kind;
	const char *
		text; /* CELL_TEXT; also in place of a missing verdict, and as said above; may be NULL */
	double value;
	double low, high;
	enum metric_unit unit;
	enum verdict verdict;
	bool lossy;     /* marked: some of the events behind the value were lost */
	bool two_modes; /* marked: a median of values that fall into two groups */
	bool contrary;  /* marked: a ratio and medians that point in different directions */
	bool partial;   /* marked: the contender was not in effect everywhere */
	bool settled;   /* faster or slower (memory: less or more); only these are coloured */
};

static inline struct cell cell_of_text(const char *text)
{
	return (struct cell){ .kind = CELL_TEXT, .text = text };
}

static inline struct cell cell_of_ratio(double ratio)
{
	return (struct cell){ .kind = CELL_RATIO, .value = ratio };
}

static inline struct cell cell_of_count(size_t count)
{
	return (struct cell){ .kind = CELL_VALUE, .unit = UNIT_COUNT, .value = (double)count };
}

struct column {
	const char *title;
	const char *explanation; /* one line, for formats that can show it on demand; may be NULL */
	bool numeric;            /* right-aligned */
	/* 0: always shown. Otherwise, if width is short, the highest degree is hidden first. */
	unsigned int dispensable;
	bool with_previous; /* means nothing without the column before it */
};

enum row_kind {
	ROW_PLAIN,
	ROW_REFERENCE, /* the baseline or the limit, which the others are compared with */
};

enum table_kind {
	TABLE_DETAIL, /* columns may be left out where the room is short */
	TABLE_MATRIX, /* all columns matter: shown in several parts where the room is short */
};

struct table {
	enum table_kind kind;
	const struct column *columns; /* the first names the row and is headed by the group's title */
	size_t column_count;
};

enum note_kind {
	NOTE_VERDICT, /* what the result comes to, in a sentence */
	NOTE_PLAIN,
	NOTE_DETAIL, /* of the note before it */
	NOTE_WARNING,
	NOTE_WHERE, /* where the rest is */
	NOTE_FOOT,  /* of the table before it; begins with the mark that it explains */
};

struct chart;
struct production;

struct emitter {
	/* The tables of verdicts come before the figures: a page is read from its top. */
	bool verdicts_first;
	/* Only what fits a screen: the verdict, and what differs. */
	bool brief;
	/* The verdict once more at the end. */
	bool verdict_last;
	void (*begin)(void *self, const char *title, const char *subtitle);
	void (*heading)(void *self, const char *text);
	/* A line "key: value" of the list under the title. */
	void (*fact)(void *self, const char *key, const char *text);
	void (*table_begin)(void *self, const struct table *table);
	/* The description may be NULL. */
	void (*group_begin)(void *self, const char *title, const char *description);
	void (*row)(void *self, enum row_kind kind, const struct cell *cells);
	void (*group_end)(void *self);
	void (*table_end)(void *self);
	/* A chart that has something to show; NULL for a writer without charts. */
	void (*chart)(void *self, const struct chart *chart, const struct production *production);
	void (*note)(void *self, enum note_kind kind, const char *text);
	/* A line to be copied, for a shell: printable (quote_is_printable()), and shown as it is, unbroken. */
	void (*code)(void *self, const char *line);
	/* Whether the writer can show a printable text as it is; NULL for one that always can. */
	bool (*shows)(const void *self, const char *text);
	/* How many lines of the first screen are left; NULL: any number. */
	unsigned int (*room)(const void *self);
	void (*end)(void *self);
};

/* Says the whole report to a writer. */
void report_produce(const struct result *result, const struct emitter *emitter, void *self)
	__attribute__((nonnull));

/* The plain text of any cell but a bar: "-" where nothing was measured. Not escaped. */
void cell_text(struct strbuf *sb, const struct cell *cell, bool utf8) __attribute__((nonnull));

extern const struct report_format report_term, report_markdown, report_html, report_csv,
	report_csv_runs, report_json, report_hyperfine, report_folded, report_openmetrics;

#endif
