/* SPDX-License-Identifier: MIT */
#include "explain/knob.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "explain/finding.h"

#define VALUES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define MIB (1024.0 * 1024)

/*
 * jemalloc cuts a free extent for a smaller request only if it is not more than
 * 2^lg_extent_max_active_fit (64) times larger (jemalloc(3)). Purges of half a mebibyte and more say
 * that free memory had merged beyond that.
 */
#define MERGED_BYTES (MIB / 2)

static const struct knob merged_extents = {
	.allocator = "jemalloc",
	.key = "lg_extent_max_active_fit",
	.values = VALUES("10", "16"),
	.direction = KNOB_UP,
	.since = "5.1",
	.why = "free memory that has merged into extents more than 64 times larger than a request is not "
	       "used for it but given back in large pieces; this has it used",
	.risk = "large free extents are split: more fragmentation for programs that mix sizes",
};

static const struct knob purge_knobs[] = {
	{
		.allocator = "jemalloc",
		.key = "dirty_decay_ms",
		.values = VALUES("30000", "-1"),
		.direction = KNOB_UP,
		.since = "5.0",
		.why = "free pages are kept longer before they are given back",
		.risk = "free pages stay resident that long; with -1 memory may grow without bound",
	},
	{
		.allocator = "jemalloc",
		.key = "tcache_max",
		.values = VALUES("4096"),
		.direction = KNOB_DOWN,
		.since = "5.3",
		.why = "larger blocks go back to their arena at once, where the next request finds them, "
		       "instead of in bulk from another thread's cache",
		.risk = "a lock for each larger block: slower where one thread allocates and frees them",
	},
	{
		.allocator = "jemalloc",
		.key = "lg_tcache_max",
		.values = VALUES("12"),
		.direction = KNOB_DOWN,
		.since = "5.0",
		.below = "5.3",
		.why = "larger blocks go back to their arena at once, where the next request finds them, "
		       "instead of in bulk from another thread's cache",
		.risk = "a lock for each larger block: slower where one thread allocates and frees them",
	},
	{
		.allocator = "mimalloc",
		.key = "purge_delay",
		.values = VALUES("10000", "-1"),
		.direction = KNOB_UP,
		.since = "3",
		.why = "free pages are kept that many milliseconds before they are given back",
		.risk = "free pages stay resident that long; with -1 for good",
	},
	{
		.allocator = "mimalloc",
		.key = "purge_delay",
		.values = VALUES("1000", "10000", "-1"),
		.direction = KNOB_UP,
		.since = "2.1",
		.below = "3", /* from which on 1000 is the default */
		.why = "free pages are kept that many milliseconds before they are given back",
		.risk = "free pages stay resident that long; with -1 for good",
	},
	{
		.allocator = "mimalloc",
		.key = "reset_delay",
		.values = VALUES("1000", "10000"),
		.direction = KNOB_UP,
		.below = "2.1",
		.why = "free pages are kept that many milliseconds before they are given back",
		.risk = "free pages stay resident that long",
	},
	{
		.allocator = "mimalloc",
		.key = "purge_decommits",
		.values = VALUES("0"),
		.direction = KNOB_EXACT,
		.since = "2.1",
		.why = "pages go by MADV_FREE: using them again soon costs no fault",
		.risk = "resident memory looks higher than it is until the kernel needs it",
	},
	{
		.allocator = "tcmalloc",
		.key = "release_rate",
		.values = VALUES("0"),
		.direction = KNOB_EXACT,
		.why = "free pages are not given back",
		.risk = "memory never shrinks: 4 times the memory has been seen; look at both sides",
	},
};

static const struct knob aggressive_decommit = {
	.allocator = "tcmalloc",
	.key = "aggressive_decommit",
	.values = VALUES("false"),
	.direction = KNOB_EXACT,
	.why = "free spans are no longer given back at once",
	.risk = "free memory stays resident: from 1 GB to 4 GB has been seen; look at both sides",
};

/* A number with or without a unit letter; -1 as infinity; NAN for what is none. */
static double value_number(const char *value)
{
	uint64_t bytes;

	if (!strcmp(value, "-1"))
		return INFINITY;
	return parse_size(value, &bytes) < 0 ? NAN : (double)bytes;
}

static bool is_true(const char *value)
{
	return !strcasecmp(value, "true") || !strcasecmp(value, "yes") ||
	       !strcasecmp(value, "on") || !strcmp(value, "1");
}

static bool is_short_of(const struct knob *knob, const char *current, const char *value)
{
	double have = value_number(current), want = value_number(value);

	if (isnan(have) || isnan(want))
		return is_true(current) != is_true(value) && strcasecmp(current, value) != 0;
	return knob->direction == KNOB_UP     ? have < want
	       : knob->direction == KNOB_DOWN ? have > want
					      : have != want;
}

bool knob_turn(const struct knob *knob, const struct subject *subject, struct finding *finding)
{
	const char *current = subject_setting(subject, knob->key);

	if (!subject_served_by(subject, knob->allocator) ||
	    (knob->since && subject_version_below(subject, knob->since)) ||
	    (knob->below && !subject_version_below(subject, knob->below)))
		return false;
	for (const char *const *value = knob->values; *value; value++)
		if (!current || is_short_of(knob, current, *value)) {
			finding_add_setting(finding, knob->key, *value, knob->why, knob->risk);
			return true;
		}
	return false;
}

/* Turns the knob if its turn has come; counts down the ways before it otherwise. */
static bool take_way(const struct knob *knob, const struct subject *subject, unsigned int *way,
		     struct finding *finding)
{
	if (!knob_turn(knob, subject, finding))
		return false;
	if (*way == 0)
		return true;
	(*way)--;
	finding_drop_setting(finding);
	return false;
}

bool knob_purge_less(const struct subject *subject, unsigned int way, struct finding *finding)
{
	const char *aggressive = subject_setting(subject, aggressive_decommit.key);
	double purge_bytes =
		subject_mean(subject, METRIC_MADVISE_DONTNEED_BYTES, METRIC_MADVISE_DONTNEED_CALLS);

	if (purge_bytes >= MERGED_BYTES && take_way(&merged_extents, subject, &way, finding))
		return true;
	/* Off unless it was asked for. */
	if (aggressive && take_way(&aggressive_decommit, subject, &way, finding))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(purge_knobs); i++)
		if (take_way(&purge_knobs[i], subject, &way, finding))
			return true;
	return false;
}

/* The power of two at or above twice the figure, between two others; the upper one where it is unknown. */
static double roomy(double bytes, double least, double most)
{
	double power = least;

	while (power < most && !(power >= 2 * bytes))
		power *= 2;
	return power;
}

static char *size_text(double bytes)
{
	struct strbuf sb = STRBUF_INIT;

	format_size_exact(&sb, (uint64_t)bytes);
	return strbuf_detach(&sb);
}

bool knob_pin_thresholds(const struct subject *subject, double block_bytes, struct finding *finding)
{
	_cleanup_free_ char *trim =
		size_text(roomy(subject_get(subject, METRIC_PEAK_RSS_BYTES), 64 * MIB, 1024 * MIB));
	/* 32 MiB is what it grows to by itself (mallopt(3)). */
	_cleanup_free_ char *threshold =
		size_text(isnan(block_bytes) ? 32 * MIB : roomy(block_bytes, 32 * MIB, 1024 * MIB));
	const struct knob knobs[] = {
		{
			.allocator = "glibc",
			.key = "trim_threshold",
			.values = VALUES(trim),
			.direction = KNOB_UP,
			.why = "free memory at the end of a heap is kept up to this, instead of given "
			       "back and faulted in again",
			.risk = "that much free memory stays resident, in each arena",
		},
		{
			.allocator = "glibc",
			.key = "mmap_threshold",
			.values = VALUES(threshold),
			.direction = KNOB_UP,
			.why = "blocks up to this come from the heap, not from an mmap of their own; "
			       "trim_threshold alone would freeze it at 128K",
			.risk = "large blocks may fragment the heap",
		},
	};
	bool turned = false;

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++)
		turned |= knob_turn(&knobs[i], subject, finding);
	return turned;
}
