/* SPDX-License-Identifier: MIT */
/* report/format/bar: a ratio as a length of text. Pure. */
#ifndef MADVISOR_REPORT_FORMAT_BAR_H
#define MADVISOR_REPORT_FORMAT_BAR_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "report/emitter.h"

/*
 * Appends exactly `width` columns (at least 2) for a CELL_BAR: blocks in eighths of a column, a mark
 * where the baseline ends, and an arrow head where the ratio is beyond the scale. Blank for NAN.
 */
void bar_text(struct strbuf *sb, const struct cell *cell, unsigned int width, bool utf8)
	__attribute__((nonnull));

#endif
