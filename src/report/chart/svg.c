/* SPDX-License-Identifier: MIT */
#include "report/chart/svg.h"

#include <math.h>
#include <string.h>

#include "report/markup.h"

void svg_add_number(struct strbuf *out, double number)
{
	double tenths = round(number * 10);

	if (fmod(tenths, 10) == 0)
		strbuf_addf(out, "%.0f", tenths / 10 + 0.0);
	else
		strbuf_addf(out, "%.1f", tenths / 10);
}

static void add_attribute(struct strbuf *out, const char *name, double number)
{
	strbuf_addf(out, " %s=\"", name);
	svg_add_number(out, number);
	strbuf_addch(out, '"');
}

static void add_class(struct strbuf *out, const char *class)
{
	if (class && *class)
		strbuf_addf(out, " class=\"%s\"", class);
}

void svg_begin(struct strbuf *out, double width, double height, const char *label)
{
	strbuf_addstr(out, "<svg viewBox=\"0 0 ");
	svg_add_number(out, width);
	strbuf_addch(out, ' ');
	svg_add_number(out, height);
	strbuf_addch(out, '"');
	add_attribute(out, "width", width);
	add_attribute(out, "height", height);
	strbuf_addstr(out, " role=\"img\" aria-label=\"");
	markup_add_text(out, label);
	strbuf_addstr(out, "\">\n");
}

void svg_end(struct strbuf *out)
{
	strbuf_addstr(out, "</svg>\n");
}

/* strbuf_add_escaped() would show the ends of lines, which a title keeps. */
static void add_lines(struct strbuf *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

		strbuf_add(&line, text, len);
		markup_add_text(out, line.buf);
		text += len;
		if (*text) {
			strbuf_addch(out, '\n');
			text++;
		}
	}
}

void svg_group_begin(struct strbuf *out, const char *class, const char *title)
{
	strbuf_addstr(out, "<g");
	add_class(out, class);
	strbuf_addch(out, '>');
	if (title) {
		strbuf_addstr(out, "<title>");
		add_lines(out, title);
		strbuf_addstr(out, "</title>");
	}
}

void svg_group_end(struct strbuf *out)
{
	strbuf_addstr(out, "</g>\n");
}

void svg_line(struct strbuf *out, const char *class, double x1, double y1, double x2, double y2)
{
	strbuf_addstr(out, "<line");
	add_class(out, class);
	add_attribute(out, "x1", x1);
	add_attribute(out, "y1", y1);
	add_attribute(out, "x2", x2);
	add_attribute(out, "y2", y2);
	strbuf_addstr(out, "/>");
}

void svg_rect(struct strbuf *out, const char *class, double x, double y, double width,
	      double height)
{
	strbuf_addstr(out, "<rect");
	add_class(out, class);
	add_attribute(out, "x", x);
	add_attribute(out, "y", y);
	add_attribute(out, "width", width);
	add_attribute(out, "height", height);
	strbuf_addstr(out, "/>");
}

void svg_text(struct strbuf *out, const char *class, double x, double y, const char *text)
{
	strbuf_addstr(out, "<text");
	add_class(out, class);
	add_attribute(out, "x", x);
	add_attribute(out, "y", y);
	strbuf_addch(out, '>');
	markup_add_text(out, text);
	strbuf_addstr(out, "</text>\n");
}

void svg_text_upwards(struct strbuf *out, const char *class, double x, double y, const char *text)
{
	strbuf_addstr(out, "<text");
	add_class(out, class);
	strbuf_addstr(out, " transform=\"translate(");
	svg_add_number(out, x);
	strbuf_addch(out, ' ');
	svg_add_number(out, y);
	strbuf_addstr(out, ") rotate(-90)\">");
	markup_add_text(out, text);
	strbuf_addstr(out, "</text>\n");
}

/* Widths of DejaVu Sans and wider ones of the fonts that browsers take for system-ui, in parts of the size. */
static double plain_width(unsigned char c)
{
	if ((c & 0xc0) == 0x80)
		return 0; /* a continuation of UTF-8 */
	if (c >= 0xe3)
		return 1; /* most of these are as wide as high */
	if (strchr("iljI.,:;'|!", c))
		return 0.3;
	if (strchr("()[]ftr-/\\ ", c))
		return 0.4;
	if (strchr("mwMW%@", c))
		return 0.95;
	return c >= 'A' && c <= 'Z' ? 0.7 : 0.61;
}

/* How wide a character is as it will be shown, which may be as an escape; and its bytes. */
static double width_of(const char *text, size_t *ret_len)
{
	_cleanup_strbuf_ struct strbuf raw = STRBUF_INIT, shown = STRBUF_INIT;
	unsigned char c = (unsigned char)*text;
	double width = 0;

	*ret_len = 1;
	if (c >= ' ' && c < 0x7f && c != '\\')
		return plain_width(c) * SVG_FONT_PX;
	while (((unsigned char)text[*ret_len] & 0xc0) == 0x80)
		++*ret_len;
	strbuf_add(&raw, text, *ret_len);
	strbuf_add_escaped(&shown, raw.buf);
	for (const char *s = shown.buf; *s; s++)
		width += plain_width((unsigned char)*s);
	return width * SVG_FONT_PX;
}

double svg_text_width(const char *text)
{
	double width = 0;
	size_t len;

	for (; *text; text += len)
		width += width_of(text, &len);
	return width;
}

/* A name's end tells more than its middle: "jemalloc@5.3.0[dirty_decay_ms:0]". */
#define HEAD_SHARE 0.4

void svg_fit(struct strbuf *out, const char *text, double width)
{
	double whole = svg_text_width(text), used = 0;
	double room = width - SVG_FONT_PX; /* without the sign that says that it is cut */
	size_t head = 0, tail = 0, len;

	if (whole <= width) {
		strbuf_addstr(out, text);
		return;
	}
	while (text[head]) {
		double next = width_of(text + head, &len);

		if (used + next > room * HEAD_SHARE)
			break;
		used += next;
		head += len;
	}
	/* What is left out is as wide as what there is no room for. */
	for (tail = head; text[tail] && whole > room; tail += len)
		whole -= width_of(text + tail, &len);
	strbuf_add(out, text, head);
	strbuf_addstr(out, "\u2026");
	strbuf_addstr(out, text + tail);
}
