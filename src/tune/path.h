/* SPDX-License-Identifier: MIT */
/*
 * tune/path: the few settings of a leader that bring its gain, found from the default on.
 *
 * Most of a gain comes from a few settings (Fawcett and Hoos 2016), and those are seen in noise in which taking one of many
 * back shows nothing. So the path begins at the default and takes over, one at a time, that setting of the leader which gains
 * most, as long as one surely gains more than the margin. Settings that help together alone are told by what the leader loses
 * without one of them.
 */
#ifndef MADVISOR_TUNE_PATH_H
#define MADVISOR_TUNE_PATH_H

#include "tune/search.h"

/*
 * *ret_plain: the candidate that has those settings of the leader, with RACE_BLOCKS_SURE blocks or more if the runs sufficed; the
 * leader itself where it has no other; SIZE_MAX: no setting of the leader is sure to gain anything.
 */
int path_run(struct search *search, size_t leader, size_t *ret_plain, struct error *err)
	__attribute__((nonnull(1, 3), warn_unused_result));

#endif
