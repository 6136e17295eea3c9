/* SPDX-License-Identifier: MIT */
#include "report/format/bar.h"

#include <math.h>

static const char *const blocks[] = {
	" ", "\u258f", "\u258e", "\u258d", "\u258c", "\u258b", "\u258a", "\u2589", "\u2588",
};

void bar_text(struct strbuf *sb, const struct cell *cell, unsigned int width, bool utf8)
{
	unsigned int room = width - 1; /* the last column is for the mark or the arrow head */
	unsigned int mark = (unsigned int)lround(room / cell->high);
	double length = isnan(cell->value) ? 0 : fmin(cell->value / cell->high, 1) * room;
	unsigned int eighths = (unsigned int)lround(8 * length);

	if (!utf8)
		eighths = 8 * (unsigned int)lround(length);
	for (unsigned int column = 0; column < width; column++) {
		unsigned int filled = eighths > 8 * column ? eighths - 8 * column : 0;

		if (column == room && cell->value > cell->high)
			strbuf_addstr(sb, utf8 ? "\u25b6" : ">");
		else if (!filled && column == mark && !isnan(cell->value))
			strbuf_addstr(sb, utf8 ? "\u2502" : "|");
		else if (utf8)
			strbuf_addstr(sb, blocks[filled < 8 ? filled : 8]);
		else
			strbuf_addch(sb, filled ? '#' : ' ');
	}
}
