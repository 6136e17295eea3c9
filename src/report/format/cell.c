/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "base/units.h"
#include "report/effects.h"
#include "report/emitter.h"
#include "report/loss.h"
#include "report/marks.h"

static void add_bound(struct strbuf *sb, double bound)
{
	strbuf_addf(sb, "%.*f", bound < 9.995 ? 2 : bound < 99.95 ? 1 : 0, bound);
}

static void add_value(struct strbuf *sb, double value, enum metric_unit unit)
{
	switch (unit) {
	case UNIT_NS:
		format_ns(sb, value);
		break;
	case UNIT_BYTES:
		format_bytes(sb, value);
		break;
	case UNIT_PER_S:
		format_rate(sb, value);
		break;
	case UNIT_COUNT:
		format_count(sb, value);
		break;
	default: /* a number whose unit is the user's business */
		if (isnan(value) || fabs(value) >= 999.5)
			format_count(sb, value);
		else
			strbuf_addf(sb, "%.4g", value);
	}
}

static void add_interval(struct strbuf *sb, const struct cell *cell, bool utf8)
{
	if (isnan(cell->low) || isnan(cell->high)) {
		strbuf_addch(sb, '-');
		return;
	}
	add_bound(sb, cell->low);
	strbuf_addstr(sb, utf8 ? "\u2013" : "-");
	add_bound(sb, cell->high);
}

void cell_text(struct strbuf *sb, const struct cell *cell, bool utf8)
{
	switch (cell->kind) {
	case CELL_TEXT:
		strbuf_addstr(sb, cell->text ? cell->text : "");
		break;
	case CELL_VALUE:
		add_value(sb, cell->value, cell->unit);
		break;
	case CELL_RATIO:
		format_ratio(sb, cell->value);
		if (cell->text)
			strbuf_addf(sb, " %s", cell->text);
		break;
	case CELL_INTERVAL:
		add_interval(sb, cell, utf8);
		break;
	case CELL_PERCENT:
		if (isnan(cell->value))
			strbuf_addch(sb, '-');
		else
			strbuf_addf(sb, "%.0f%%", cell->value);
		break;
	case CELL_VERDICT:
		strbuf_addstr(sb, verdict_name(cell->verdict));
		break;
	case CELL_OUTCOME:
		format_ratio(sb, cell->value);
		strbuf_addf(sb, " %s", cell->text ? cell->text : verdict_name(cell->verdict));
		break;
	case CELL_BAR:
		break;
	}
	if (cell->partial)
		strbuf_addstr(sb, EFFECT_MARK);
	if (isnan(cell->value))
		return;
	if (cell->lossy)
		strbuf_addstr(sb, LOSS_MARK);
	if (cell->two_modes)
		strbuf_addstr(sb, MODES_MARK);
	if (cell->contrary)
		strbuf_addstr(sb, CONTRARY_MARK);
}
