/* SPDX-License-Identifier: MIT */
/*
 * tune/space: the settings that a search may change, and the values of each.
 *
 * Built from the rows of the catalogue (model/setting.h) for one version of each allocator. A setting is a
 * knob; choice 0 of a knob is its default, choice N its value N - 1. Values ascend, "never" (-1)
 * last. Where there are several allocators, one more knob chooses among them: choice 0 is the first one, which is the
 * default's, and settings of those that are not chosen mean nothing. Pure.
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
	size_t owner;                    /* the allocator whose setting it is; of the chooser 0 */
	char **values;                   /* as the user writes them; owned */
	bool *listed; /* for each value: named by the catalogue; false: lies between two that are */
	size_t count, alloc;
};

struct space {
	struct knob *knobs;
	size_t count, alloc;
	char **allocators; /* as contenders are named: "jemalloc@5.3.0"; the default's first */
	size_t allocator_count, allocator_alloc;
	size_t chooser; /* the knob that chooses among allocators; SIZE_MAX: there is one only */
};

#define _cleanup_space_ __attribute__((cleanup(space_release)))

/*
 * Adds an allocator, the default's first, with the knobs that exist in `version` (NULL: the newest), without values that
 * equal the default, and without second names of the same (setting_info.elsewhere). group NULL, or without such knobs: it can be chosen alone. Life cycle: zero-initialise, add, release.
 */
void space_add(struct space *space, const char *name, const struct setting_group *group,
	       const char *version) __attribute__((nonnull(1, 2)));
void space_release(struct space *space) __attribute__((nonnull));

/* The index of an allocator's knob with that key, or SIZE_MAX. */
size_t space_find(const struct space *space, size_t owner, const char *key)
	__attribute__((nonnull, pure));

/* The allocator that is chosen. */
size_t space_chosen(const struct space *space, const size_t *choices)
	__attribute__((nonnull, pure));
/* Chooses an allocator, and all its settings back to their defaults. */
void space_choose(const struct space *space, size_t *choices, size_t owner)
	__attribute__((nonnull));

/* Sets a knob, and takes back those that cannot stand beside it, either way (setting_info.not_beside). */
void space_set(const struct space *space, size_t *choices, size_t knob, size_t choice)
	__attribute__((nonnull));

/*
 * Makes a combination meaningful: settings of allocators that are not chosen go, what a changed knob has no effect without
 * (setting_info.with) gets a random listed value, and what has no effect beside another one (setting_info.not_beside) goes.
 * `choices` has space->count entries.
 */
void space_repair(const struct space *space, size_t *choices, struct random *random)
	__attribute__((nonnull));

/* Sets a knob back to its default, and the knobs that have no effect without it: all, without another allocator. */
void space_reset(const struct space *space, size_t *choices, size_t knob) __attribute__((nonnull));

/*
 * Of "trim_threshold=64M, mmap_threshold=1G", settings of the default's own allocator: adds those values to their knobs. False,
 * and nothing is added, where a key is none of the space. Choices that were made before mean other values afterwards.
 */
bool space_widen(struct space *space, const char *text) __attribute__((nonnull));
/* The choices that such a text stands for, once the space has its values. */
void space_parse(const struct space *space, const char *text, size_t *choices)
	__attribute__((nonnull));

/* "trim_threshold=64M, mmap_threshold=1G"; of another allocator "jemalloc: thp=always", "jemalloc"; "the default" for none. */
void space_describe(const struct space *space, const size_t *choices, struct strbuf *sb)
	__attribute__((nonnull));

#endif
