/* SPDX-License-Identifier: MIT */
/*
 * run/own-heaps: allocators that the programs of a command bring along in libraries of their own,
 * such as those of Python's data frames: no contender replaces them, but self[...] may set them.
 */
#ifndef MADVISOR_RUN_OWN_HEAPS_H
#define MADVISOR_RUN_OWN_HEAPS_H

#include "launch/census.h"
#include "model/result.h"
#include "run/compare.h"

/*
 * Adds a note for each of them that the census of a run found. What was not identified, because it ended within a
 * second or loaded the library after that, stays unsaid.
 */
void own_heaps_note(struct result *result, size_t case_index, struct census *census)
	__attribute__((nonnull));

/*
 * Runs the command's first case once, untimed, and adds to an identification the heaps of all programs that it led
 * to, as far as the census finds them. A run that fails adds none.
 */
void own_heaps_look(const struct compare *compare, struct identification *program)
	__attribute__((nonnull));

#endif
