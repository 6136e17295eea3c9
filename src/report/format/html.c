/* SPDX-License-Identifier: MIT */
/*
 * One file that needs nothing else: no font, no image, no connection. All figures stand in its
 * tables; the charts are drawn into it when it is made. It is whole without its script, the only one
 * that may run.
 */
#include <math.h>
#include <string.h>

#include "report/chart/chart.h"
#include "report/emitter.h"
#include "report/format/html-style.h"
#include "report/format/page.h"
#include "report/markup.h"

struct html {
	struct strbuf *out;
	const struct result *result;
	const struct table *table;
	bool has_charts;
	enum { IN_NOTHING, IN_FACTS, IN_NOTES } list;
};

/* <TAG>text</TAG> on a line of its own. `open` may hold attributes. */
static void add_element(struct strbuf *out, const char *open, const char *text, const char *close)
{
	strbuf_addf(out, "<%s>", open);
	markup_add_text(out, text);
	strbuf_addf(out, "</%s>\n", close);
}

static void end_list(struct html *html)
{
	if (html->list == IN_FACTS)
		strbuf_addstr(html->out, "</dl>\n");
	if (html->list == IN_NOTES)
		strbuf_addstr(html->out, "</ul>\n");
	html->list = IN_NOTHING;
}

static void html_begin(void *self, const char *title, const char *subtitle)
{
	struct html *html = self;

	strbuf_addstr(html->out,
		      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "style-src 'unsafe-inline'");
	if (html->has_charts)
		strbuf_addf(html->out, "; script-src '%s'", page_script_hash);
	strbuf_addstr(html->out, "\">\n<title>");
	markup_add_text(html->out, title);
	strbuf_addstr(html->out, ": ");
	markup_add_text(html->out, subtitle);
	strbuf_addf(html->out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n",
		    html_style);
	add_element(html->out, "h1", title, "h1");
	add_element(html->out, "p class=\"subtitle\"", subtitle, "p");
}

static void html_heading(void *self, const char *text)
{
	struct html *html = self;

	end_list(html);
	add_element(html->out, "h2", text, "h2");
}

static void html_fact(void *self, const char *key, const char *text)
{
	struct html *html = self;

	if (html->list != IN_FACTS) {
		end_list(html);
		strbuf_addstr(html->out, "<dl>\n");
		html->list = IN_FACTS;
	}
	add_element(html->out, "dt", key, "dt");
	add_element(html->out, "dd", text, "dd");
}

static void html_table_begin(void *self, const struct table *table)
{
	struct html *html = self;

	end_list(html);
	html->table = table;
	strbuf_addf(html->out, "<div class=\"wide\">\n<table%s>\n<thead>\n<tr>",
		    table->kind == TABLE_MATRIX ? " class=\"matrix\"" : "");
	for (size_t i = 0; i < table->column_count; i++) {
		const struct column *column = &table->columns[i];

		strbuf_addstr(html->out, column->numeric ? "<th class=\"number\"" : "<th");
		if (column->explanation) {
			strbuf_addstr(html->out, " title=\"");
			markup_add_text(html->out, column->explanation);
			strbuf_addch(html->out, '"');
		}
		strbuf_addstr(html->out, " scope=\"col\">");
		markup_add_text(html->out, column->title);
		strbuf_addstr(html->out, "</th>");
	}
	strbuf_addstr(html->out, "</tr>\n</thead>\n");
}

static void html_group_begin(void *self, const char *title, const char *description)
{
	struct html *html = self;

	strbuf_addf(html->out,
		    "<tbody>\n<tr class=\"group\"><th colspan=\"%zu\" scope=\"rowgroup\">",
		    html->table->column_count);
	markup_add_text(html->out, title);
	if (description) {
		strbuf_addstr(html->out, " <small>");
		markup_add_text(html->out, description);
		strbuf_addstr(html->out, "</small>");
	}
	strbuf_addstr(html->out, "</th></tr>\n");
}

/* Percent of the bar's room, of which the scale's end takes all. */
static double bar_pct(double value, double high)
{
	return 100 * fmin(value / high, 1);
}

static void add_bar(struct strbuf *out, const struct cell *cell)
{
	if (isnan(cell->value))
		return;
	strbuf_addf(out,
		    "<span class=\"bar%s\"><span style=\"width:%.1f%%\"></span>"
		    "<i style=\"left:%.1f%%\"></i></span>",
		    cell->value > cell->high ? " beyond" : "", bar_pct(cell->value, cell->high),
		    bar_pct(1, cell->high));
}

static void add_cell(struct html *html, size_t column, const struct cell *cell)
{
	bool is_name = column == 0;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	strbuf_addstr(html->out, is_name ? "<th scope=\"row\"" : "<td");
	if (html->table->columns[column].numeric || cell->settled)
		strbuf_addf(html->out, " class=\"%s%s\"",
			    html->table->columns[column].numeric ? "number " : "",
			    cell->settled ? verdict_name(cell->verdict) : "");
	strbuf_addch(html->out, '>');
	if (cell->kind == CELL_BAR)
		add_bar(html->out, cell);
	cell_text(&text, cell, true);
	markup_add_text(html->out, text.buf);
	strbuf_addstr(html->out, is_name ? "</th>" : "</td>");
}

static void html_row(void *self, enum row_kind kind, const struct cell *cells)
{
	struct html *html = self;

	strbuf_addstr(html->out, kind == ROW_REFERENCE ? "<tr class=\"reference\">" : "<tr>");
	for (size_t i = 0; i < html->table->column_count; i++)
		add_cell(html, i, &cells[i]);
	strbuf_addstr(html->out, "</tr>\n");
}

static void html_group_end(void *self)
{
	struct html *html = self;

	strbuf_addstr(html->out, "</tbody>\n");
}

static void html_table_end(void *self)
{
	struct html *html = self;

	strbuf_addstr(html->out, "</table>\n</div>\n");
	html->table = NULL;
}

/* Drawn twice: what fits a screen has letters too small for a telephone. */
static void html_chart(void *self, const struct chart *chart, const struct production *production)
{
	struct html *html = self;
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT, reading = STRBUF_INIT;

	if (!html->has_charts)
		return;
	end_list(html);
	chart->describe(production, &title, &reading);
	strbuf_addf(html->out, "<section class=\"chart\" id=\"%s\">\n", chart->id);
	add_element(html->out, "h2", title.buf, "h2");
	add_element(html->out, "p class=\"reading\"", reading.buf, "p");
	strbuf_addstr(html->out, "<div class=\"at-wide\">\n");
	chart->draw(production, CHART_WIDE_PX, html->out);
	strbuf_addstr(html->out, "</div>\n<div class=\"at-narrow\">\n");
	chart->draw(production, CHART_NARROW_PX, html->out);
	strbuf_addstr(html->out, "</div>\n</section>\n");
}

static void html_note(void *self, enum note_kind kind, const char *text)
{
	struct html *html = self;

	if (kind == NOTE_FOOT) {
		end_list(html);
		add_element(html->out, "p class=\"subtitle\"", text, "p");
		return;
	}
	if (html->list != IN_NOTES) {
		end_list(html);
		strbuf_addstr(html->out, "<ul>\n");
		html->list = IN_NOTES;
	}
	add_element(html->out,
		    kind == NOTE_VERDICT   ? "li class=\"verdict\""
		    : kind == NOTE_WARNING ? "li class=\"warning\""
		    : kind == NOTE_DETAIL  ? "li class=\"detail\""
					   : "li",
		    text, "li");
}

static void html_code(void *self, const char *line)
{
	struct html *html = self;

	end_list(html);
	strbuf_addstr(html->out, "<pre><code>");
	markup_add_entities(html->out, line);
	strbuf_addstr(html->out, "</code></pre>\n");
}

static void html_end(void *self)
{
	struct html *html = self;

	end_list(html);
	if (html->has_charts)
		page_add_document(html->out, html->result);
	strbuf_addstr(html->out, "</main>\n");
	if (html->has_charts)
		strbuf_addf(html->out, "<script>%s</script>\n", page_script);
	strbuf_addstr(html->out, "</body>\n</html>\n");
}

static const struct emitter html_emitter = {
	.verdicts_first = true,
	.begin = html_begin,
	.heading = html_heading,
	.fact = html_fact,
	.table_begin = html_table_begin,
	.group_begin = html_group_begin,
	.row = html_row,
	.group_end = html_group_end,
	.table_end = html_table_end,
	.chart = html_chart,
	.note = html_note,
	.code = html_code,
	.end = html_end,
};

static int write_html(const struct result *result, const struct report_options *options,
		      struct strbuf *out, struct error *err)
{
	struct html html = {
		.out = out,
		.result = result,
		.has_charts = !options->no_charts,
	};

	report_produce(result, &html_emitter, &html);
	return 0;
}

const struct report_format report_html = {
	.name = "html",
	.option = "html",
	.description = "a page of its own, for a browser",
	.write = write_html,
};
