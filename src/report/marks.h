/* SPDX-License-Identifier: MIT */
/*
 * report/marks: marks behind figures that would mislead alone, and the footnotes that explain them:
 * medians of two groups of times, and a ratio and medians that point in different directions.
 */
#ifndef MADVISOR_REPORT_MARKS_H
#define MADVISOR_REPORT_MARKS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/production.h"

/* Follow a marked figure, as LOSS_MARK does. */
#define MODES_MARK "#"
#define CONTRARY_MARK "~"

/* Whether the ratio says less and the medians say more, or the other way round. */
bool marks_are_contrary(const struct production *production, size_t case_index,
			size_t contender_index) __attribute__((nonnull));

/*
 * Whether the baseline or its twin has two modes in some case, and they change from run to run, not
 * with the time of day.
 */
bool marks_of_program(const struct production *production) __attribute__((nonnull));

/* Whether anything that stands in the table has two modes. */
bool marks_have_modes(const struct production *production) __attribute__((nonnull));

/* The footnotes of the table before it; none without marks. */
void say_marks(const struct production *production) __attribute__((nonnull));

#endif
