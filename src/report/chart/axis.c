/* SPDX-License-Identifier: MIT */
#include "report/chart/axis.h"

#include <math.h>
#include <string.h>

#include "report/chart/svg.h"

/* Between the ticks of an axis that rises. */
#define LINE_PX 28.0

static double widest_tick(const struct axis *axis, const double *ticks, size_t count)
{
	double widest = 0;

	for (size_t i = 0; i < count; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		scale_add_tick(&text, ticks[i]);
		strbuf_addstr(&text, axis->suffix);
		widest = fmax(widest, svg_text_width(text.buf));
	}
	return widest;
}

/* How wide ticks are is known when they are chosen, and which are chosen depends on how wide they are. */
static size_t ticks_below(const struct axis *axis, double *ticks)
{
	double spacing = 24;
	size_t count;

	for (;; spacing *= 1.25) {
		count = scale_ticks(&axis->scale, spacing, ticks);
		if (count < 2 || widest_tick(axis, ticks, count) + 8 <= spacing)
			return count;
	}
}

void axis_below(struct strbuf *out, const struct axis *axis, double top, double bottom)
{
	double ticks[SCALE_TICKS_MAX];
	size_t count = ticks_below(axis, ticks);

	for (size_t i = 0; i < count; i++) {
		double x = scale_at(&axis->scale, ticks[i]);
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		scale_add_tick(&text, ticks[i]);
		strbuf_addstr(&text, axis->suffix);
		svg_line(out, "grid", x, top, x, bottom + 4);
		svg_text(out, "tick middle", x, bottom + 16, text.buf);
	}
	if (!*axis->label)
		return;
	_cleanup_strbuf_ struct strbuf label = STRBUF_INIT;
	double right = fmax(axis->scale.from, axis->scale.to) + 8;

	svg_fit(&label, axis->label, right);
	svg_text(out, "label end", right, bottom + 34, label.buf);
}

void axis_left(struct strbuf *out, const struct axis *axis, double left, double right)
{
	double ticks[SCALE_TICKS_MAX];
	size_t count = scale_ticks(&axis->scale, LINE_PX, ticks);

	for (size_t i = 0; i < count; i++) {
		double y = scale_at(&axis->scale, ticks[i]);
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		scale_add_tick(&text, ticks[i]);
		strbuf_addstr(&text, axis->suffix);
		svg_line(out, "grid", left - 4, y, right, y);
		svg_text(out, "tick end", left - 7, y + 4, text.buf);
	}
	if (!*axis->label)
		return;
	_cleanup_strbuf_ struct strbuf label = STRBUF_INIT;

	svg_fit(&label, axis->label, right - left + 40);
	svg_text(out, "label", left - 40, fmin(axis->scale.from, axis->scale.to) - 10, label.buf);
}
