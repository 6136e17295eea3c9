/* SPDX-License-Identifier: MIT */
/*
 * explain/knob: which settings of which allocator answer which symptom, and how far to turn them.
 *
 * Keys and facts are those of alloc's catalogue (`madvisor list settings`), which explain/ cannot see: it
 * only knows recorded documents. Whoever starts a run has the library check them.
 */
#ifndef MADVISOR_EXPLAIN_KNOB_H
#define MADVISOR_EXPLAIN_KNOB_H

#include "explain/subject.h"
#include "model/result.h"

enum knob_direction {
	KNOB_UP,    /* more is more of it; -1 stands for never, beyond any number */
	KNOB_DOWN,  /* less is more of it */
	KNOB_EXACT, /* anything else than the value itself is short of it */
};

struct knob {
	const char *allocator;
	const char *key;
	const char *const *values; /* mild to drastic, NULL-terminated */
	enum knob_direction direction;
	const char *since; /* the first version that has it; NULL: all that matter */
	const char *below; /* the first version that lacks it; NULL: none */
	const char *why;
	const char *risk;
};

/*
 * Adds to a finding the mildest value beyond what the program has set. False where the knob is another
 * allocator's or version's, or already turned that far.
 */
bool knob_turn(const struct knob *knob, const struct subject *subject, struct finding *finding)
	__attribute__((nonnull));

/*
 * Way number `way` to have free pages given back later or reused sooner. False where there is no such
 * way, or none left.
 */
bool knob_purge_less(const struct subject *subject, unsigned int way, struct finding *finding)
	__attribute__((nonnull));

/*
 * glibc: pins both thresholds, as setting one stops the adjustment of the other: the heap's top is kept
 * up to more than the program ever had, and blocks of `block_bytes` stay in the heap.
 */
bool knob_pin_thresholds(const struct subject *subject, double block_bytes, struct finding *finding)
	__attribute__((nonnull));

#endif
