/* SPDX-License-Identifier: MIT */
/*
 * run/loading: whether a comparison measures the start of programs: exec, the loading of libraries and the contender's own
 * initialisation, which a contender that is preloaded lengthens, whatever its allocations cost.
 *
 * Measured, not guessed by a limit: true(1), which does nothing, is run in the same way under each contender, after the
 * rounds. Its shortest time is held against the shortest of the command.
 */
#ifndef MADVISOR_RUN_LOADING_H
#define MADVISOR_RUN_LOADING_H

#include "run/compare.h"

/* Notes each case whose time is mostly that, for some contender; of a sweep the one of the largest value. After the rounds. */
void loading_note(const struct compare *compare) __attribute__((nonnull));

#endif
