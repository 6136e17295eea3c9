/* SPDX-License-Identifier: MIT */
/*
 * run/effect: in which programs of a check run a contender served malloc, and with which share of
 * the CPU time.
 *
 * Which object serves malloc is the program's own word (alloc/witness); which programs ran, and for how
 * long, is the kernel's (probe/lineage). Without a lineage the CPU time is the witnesses' too,
 * held against that of the whole tree.
 */
#ifndef MADVISOR_RUN_EFFECT_H
#define MADVISOR_RUN_EFFECT_H

#include "alloc/witness.h"
#include "model/effect.h"
#include "probe/lineage.h"
#include "run/image-heaps.h"

/*
 * Fills all of *ret but its case and contender. lineage may be NULL or incomplete; tree_cpu_ns is
 * then what the tree took, by wait4(); NAN: not known. heaps (NULL: not known) are those of programs
 * that bring their own allocator: they ran without the contender, whatever serves malloc in them.
 */
void effect_judge(const struct testimonies *testimonies, const struct lineage *lineage,
		  const struct image_heaps *heaps, double tree_cpu_ns, struct effect *ret)
	__attribute__((nonnull(1, 5)));

#endif
