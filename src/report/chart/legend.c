/* SPDX-License-Identifier: MIT */
#include "report/chart/legend.h"

#include <math.h>

#include "report/chart/svg.h"

#define LINE_PX 20.0
#define SYMBOL_PX 18.0
#define BETWEEN_PX 16.0

double legend_draw(const struct legend_entry *entries, size_t count, double width, double top,
		   struct strbuf *out)
{
	double x = 2, y = top + LINE_PX / 2;

	for (size_t i = 0; i < count; i++) {
		_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

		svg_fit(&name, entries[i].name, width - SYMBOL_PX - 8);
		double taken = SYMBOL_PX + svg_text_width(name.buf);
		if (x > 2 && x + taken > width) {
			x = 2;
			y += LINE_PX;
		}
		if (out) {
			_cleanup_strbuf_ struct strbuf area = STRBUF_INIT;

			strbuf_addf(&area, "area %s", entries[i].class);
			if (entries[i].is_area)
				svg_rect(out, area.buf, x, y - 6, 12, 12);
			else
				mark_dot(out, entries[i].symbol, entries[i].class, x + 6, y, 4.5);
			svg_text(out, "name", x + SYMBOL_PX, y + 4, name.buf);
		}
		x += taken + BETWEEN_PX;
	}
	return y + LINE_PX / 2 + 4 - top;
}
