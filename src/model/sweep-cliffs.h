/* SPDX-License-Identifier: MIT */
/* model/sweep-cliffs: from the curves of a sweep to its cliffs. */
#ifndef MADVISOR_MODEL_SWEEP_CLIFFS_H
#define MADVISOR_MODEL_SWEEP_CLIFFS_H

#include "model/result.h"

/* Finds the cliffs of a result whose cases are in order, the largest first. They have no thresholds yet. */
void sweep_find_cliffs(struct result *result) __attribute__((nonnull));

#endif
