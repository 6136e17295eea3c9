/* SPDX-License-Identifier: MIT */
/*
 * stats/sorted: sorts values, for estimates that are robust against single runs.
 *
 * Layer: above base alone. Pure. For use within stats.
 */
#ifndef MADVISOR_STATS_SORTED_H
#define MADVISOR_STATS_SORTED_H

#include <stddef.h>

/*
 * A copy of those of the `count` values that are not NAN, smallest first; *ret_count is how many
 * they are. The caller frees it.
 */
double *sorted_copy(const double *values, size_t count, size_t *ret_count)
	__attribute__((nonnull(3), returns_nonnull, warn_unused_result));

#endif
