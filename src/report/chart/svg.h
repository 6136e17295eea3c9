/* SPDX-License-Identifier: MIT */
/*
 * report/chart/svg: the elements that charts consist of, as SVG that stands in the page.
 *
 * Lengths are in CSS pixels at the chart's own width; the page scales a chart to its column. Looks
 * are in the page's style sheet, by class. Texts are not trusted and are escaped here. Titles are what
 * browsers show under the pointer; a title's lines are separated by '\n'.
 */
#ifndef MADVISOR_REPORT_CHART_SVG_H
#define MADVISOR_REPORT_CHART_SVG_H

#include "base/strbuf.h"

/* Of the text of all charts. */
#define SVG_FONT_PX 12.0
/* By what text of class "heading" is wider. */
#define SVG_BOLD 1.1

/* The label is what a screen reader says in place of the picture. */
void svg_begin(struct strbuf *out, double width, double height, const char *label)
	__attribute__((nonnull));
void svg_end(struct strbuf *out) __attribute__((nonnull));

/* A group of elements; the class and the title may be NULL. */
void svg_group_begin(struct strbuf *out, const char *class, const char *title)
	__attribute__((nonnull(1)));
void svg_group_end(struct strbuf *out) __attribute__((nonnull));

void svg_line(struct strbuf *out, const char *class, double x1, double y1, double x2, double y2)
	__attribute__((nonnull));
void svg_rect(struct strbuf *out, const char *class, double x, double y, double width,
	      double height) __attribute__((nonnull));
/* The baseline of the text is at y. Classes "end" and "middle" say what lies at x. */
void svg_text(struct strbuf *out, const char *class, double x, double y, const char *text)
	__attribute__((nonnull));
/* Turned by a quarter: it is read upwards, and ends at (x, y). */
void svg_text_upwards(struct strbuf *out, const char *class, double x, double y, const char *text)
	__attribute__((nonnull));

/* A coordinate: a tenth of a pixel is enough, and keeps pages small. */
void svg_add_number(struct strbuf *out, double number) __attribute__((nonnull));

/* About how wide a text is in the page's font. */
double svg_text_width(const char *text) __attribute__((nonnull, pure));
/* Appends the text, cut with "…" where it is wider than `width`. */
void svg_fit(struct strbuf *out, const char *text, double width) __attribute__((nonnull));

#endif
