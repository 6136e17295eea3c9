/* SPDX-License-Identifier: MIT */
/*
 * explain/remedy: the settings against a symptom, as the catalogue (model/setting.h) has them for
 * the program's allocator and version, each at a value beyond the program's present one.
 *
 * A rule names the symptom; the catalogue alone has the settings, values, reasons and risks. The
 * caller that starts a run has the library check them.
 */
#ifndef MADVISOR_EXPLAIN_REMEDY_H
#define MADVISOR_EXPLAIN_REMEDY_H

#include "explain/subject.h"
#include "model/setting.h"

/*
 * Adds remedy number `way` (from 0) for a symptom to a finding: one setting, at the mildest value
 * beyond the program's. False if there are fewer remedies.
 */
bool remedy_take(const struct subject *subject, enum symptom symptom, unsigned int way,
		 struct finding *finding) __attribute__((nonnull));

/* Adds all settings for a symptom, which belong together. False if none is left. */
bool remedy_take_all(const struct subject *subject, enum symptom symptom, struct finding *finding)
	__attribute__((nonnull));

/*
 * Way number `way` to have free pages given back later or reused sooner: first what belongs together, then one setting
 * each. jemalloc's two knobs help by themselves only where the other's trouble is absent: extents that are kept but not
 * cut for smaller requests are replaced by new memory, and extents that are cut but not kept fault again (docs/first-proposals.md).
 */
bool remedy_purge_less(const struct subject *subject, unsigned int way, struct finding *finding)
	__attribute__((nonnull));

#endif
