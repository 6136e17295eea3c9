/* SPDX-License-Identifier: MIT */
/*
 * report/effects: which part of a process tree ran without the contender, in the footnotes of the
 * table of verdicts.
 */
#ifndef MADVISOR_REPORT_EFFECTS_H
#define MADVISOR_REPORT_EFFECTS_H

#include <stdbool.h>
#include <stddef.h>

#include "report/production.h"

/* Follows the verdict, as LOSS_MARK follows a figure. */
#define EFFECT_MARK "^"

/* Whether so much ran without the contender that it needs to be said. */
bool effects_are_partial(const struct production *production, size_t case_index,
			 size_t contender_index) __attribute__((nonnull));

/* The footnotes of the table before it; none where every contender is in effect. */
void say_effects(const struct production *production) __attribute__((nonnull));

#endif
