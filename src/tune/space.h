/* SPDX-License-Identifier: MIT */
/*
 * tune/space: the settings that a search may change, and the values of each.
 *
 * Built from an allocator's rows of the catalogue (model/setting.h) for one version. A setting is a
 * knob; choice 0 of a knob is its default, choice N its value N - 1. Values ascend, "never" (-1)
 * last. Pure.
 */
#ifndef MADVISOR_TUNE_SPACE_H
#define MADVISOR_TUNE_SPACE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/random.h"
#include "base/strbuf.h"
#include "model/setting.h"

struct knob {
	const struct setting_info *info; /* borrowed from the catalogue */
	char **values;                   /* as the user writes them; owned */
	bool *listed; /* for each value: named by the catalogue; false: lies between two that are */
	size_t count, alloc;
};

struct space {
	struct knob *knobs;
	size_t count, alloc;
};

#define _cleanup_space_ __attribute__((cleanup(space_release)))

/*
 * The knobs that exist in `version` (NULL: the newest), without values that equal the default. Life
 * cycle: zero-initialise, build, release. Empty if the allocator has nothing to search.
 */
void space_build(const struct setting_group *group, const char *version, struct space *ret)
	__attribute__((nonnull(1, 3)));
void space_release(struct space *space) __attribute__((nonnull));

/* The index of the knob with that key, or SIZE_MAX. */
size_t space_find(const struct space *space, const char *key) __attribute__((nonnull, pure));

/*
 * Makes a combination meaningful: sets what a changed knob has no effect without (setting_info.with)
 * to a random listed value. `choices` has space->count entries.
 */
void space_repair(const struct space *space, size_t *choices, struct random *random)
	__attribute__((nonnull));

/* Sets a knob back to its default, and the knobs that have no effect without it. */
void space_reset(const struct space *space, size_t *choices, size_t knob) __attribute__((nonnull));

/* "trim_threshold=64M, mmap_threshold=1G"; "the default" for none. */
void space_describe(const struct space *space, const size_t *choices, struct strbuf *sb)
	__attribute__((nonnull));

#endif
