/* SPDX-License-Identifier: MIT */
/*
 * model/setting: the catalogue of each allocator's settings, and the symptoms that they remedy.
 *
 * The one place for the key, range, default, reason and risk of a setting. Each allocator's file in alloc/ fills in its
 * rows; allocator_catalogue() (alloc/allocator.h) gathers them. alloc/ translates values by them, `madvisor list
 * settings` shows them, and explain/, which may not include alloc/, is given the catalogue: a rule
 * names a symptom, the catalogue has the settings against it.
 *
 * All of it is constant and static; nothing here is owned or freed.
 */
#ifndef MADVISOR_MODEL_SETTING_H
#define MADVISOR_MODEL_SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum setting_kind {
	SETTING_SIZE, /* bytes; written with K, M, G, or plain */
	SETTING_BOOL,
	SETTING_INT,
	SETTING_MS, /* milliseconds; -1 where the range allows it: never */
	SETTING_DOUBLE,
	SETTING_CHOICE, /* one word of `choices` */
};

/* The values between two of setting_info.search. */
enum setting_scale {
	SCALE_LISTED, /* no values between: words, switches, numbers that select a mode */
	SCALE_STEPS,  /* each whole number */
	SCALE_POWERS, /* each doubling */
};

/*
 * Symptoms that settings can remedy, which rules of explain/ detect in a program's figures.
 */
enum symptom {
	SYMPTOM_REFAULTS = 1 << 0, /* free pages are given back, and fault again soon */
	SYMPTOM_MERGED_EXTENTS =
		1 << 1, /* the same, where it merges into extents that are neither kept nor cut */
	SYMPTOM_OVERSIZE = 1 << 2,      /* the same, with large extents that are never kept */
	SYMPTOM_HEAP_TRIM = 1 << 3,     /* a heap's free end is given back and taken again */
	SYMPTOM_MAPPED_BLOCKS = 1 << 4, /* large blocks are each mapped and unmapped */
	SYMPTOM_HUGE_PAGES = 1 << 5,    /* transparent huge pages make faults expensive */
	SYMPTOM_LAZY_FREE = 1 << 6,     /* memory released by MADV_FREE counts as resident */
	SYMPTOM_ARENA_BLOAT = 1 << 7,   /* free memory is spread over many arenas */
	SYMPTOM_GROWTH = 1 << 8,        /* many first touches: the heap grows page by page */
	SYMPTOM_LOCKED_ARENAS = 1 << 9, /* threads wait for each other in the allocator */
	SYMPTOM_RETAINED = 1 << 10,     /* free memory stays resident: thresholds are high */
	SYMPTOM_COMMITS = 1 << 11,      /* heaps grow piece by piece, with an mprotect for each */
	SYMPTOM_UNCUT = 1 << 12, /* free memory that has merged is not cut for requests: it grows */
	SYMPTOMS_ALL = 2 * SYMPTOM_UNCUT - 1,
};

/* The direction of change against the symptom. */
enum remedy_direction {
	REMEDY_EXACT, /* this value: all others help less */
	REMEDY_UP,    /* larger values help more; -1 (never) is the largest */
	REMEDY_DOWN,  /* smaller values help more */
};

/* How the value is chosen. */
enum remedy_fit {
	FIT_LISTED, /* `values`, from mild to drastic */
	FIT_RESIDENT, /* twice the peak of resident memory, between the two `values`; the upper where unknown */
	FIT_CPUS, /* `values` for each CPU that the program may run on */
	FIT_BLOCK, /* twice a block that is unmapped, between the two `values`; the lower where unknown */
};

/* How a setting remedies symptoms. */
struct remedy {
	unsigned int symptoms; /* enum symptom, or-ed; 0 ends a list */
	enum remedy_direction direction;
	enum remedy_fit fit;
	const char *values; /* separated by spaces, as the user writes them */
	bool if_set;       /* only if the user has set it: the default does not cause the symptom */
	bool each_value;   /* propose every value, rather than just the next one */
	const char *since; /* the first version in which it helps; NULL: all that have the setting */
	const char *below; /* the first version in which it no longer helps; NULL: none */
	const char *why;   /* what it does against the symptom */
	const char *risk;  /* what that can cost */
};

/* A default, valid from a version on; the one without `since` comes first. */
struct setting_default {
	const char *since;
	const char *value; /* as the user writes it; NULL ends a list */
};

/* One setting. Numbers outside the range are refused, not clipped. */
/* Ends of a range that the allocator takes in place of values beyond them. */
#define SETTING_CLAMPS_BELOW 1u
#define SETTING_CLAMPS_ABOVE 2u

struct setting_info {
	const char *key;     /* as it is written and shown */
	const char *aliases; /* other spellings of the same, separated by spaces; or NULL */
	const char *
		elsewhere; /* its names in other versions, separated by spaces; or NULL. Where a version has both, they set one thing, and this name is searched */
	enum setting_kind kind;
	int64_t min, max;    /* in the kind's unit; without meaning for BOOL and CHOICE */
	unsigned int clamps; /* SETTING_CLAMPS_*; 0: a value out of range has no effect */
	const char *choices; /* separated by spaces; also words that a number kind takes; or NULL */
	const struct setting_default *defaults; /* NULL: no value expresses it */
	const char *fallback;                   /* the default, in words; NULL: see `defaults` */
	const char *search; /* values worth trying, separated by spaces, in ascending order */
	enum setting_scale scale;
	const char *
		with; /* the setting that has to be set too, for this one to have effect; or NULL */
	const char *
		not_beside; /* settings, or single values of them, beside which this one has no effect, or another one: "percpu_arena tcache=false"; or NULL */
	const char *since;  /* first version that has it; NULL: all that matter */
	const char *below;  /* first version that lacks it; NULL: none */
	const char *variable; /* its environment variable, if not a contender's (Go); else NULL */
	const char *why;      /* its effect between the allocator and the kernel */
	const char *risk;     /* what it can cost */
	const struct remedy *remedies; /* NULL: none known */
};

#define SETTING_DEFAULTS(...) ((const struct setting_default[]){ __VA_ARGS__, { NULL, NULL } })
#define SETTING_DEFAULT(value) SETTING_DEFAULTS({ NULL, value })
#define REMEDIES(...) ((const struct remedy[]){ __VA_ARGS__, { .symptoms = 0 } })

/* The settings of one allocator. Remedies against one symptom are tried in the order of the rows. */
struct setting_group {
	const char *allocator; /* as contender.allocator has it: "jemalloc" */
	const struct setting_info *items;
	size_t count;
};

struct setting_catalogue {
	const struct setting_group *groups;
	size_t count;
};

/* NULL if the catalogue lacks the allocator. Borrowed. */
const struct setting_group *setting_catalogue_find(const struct setting_catalogue *catalogue,
						   const char *allocator)
	__attribute__((nonnull, pure));

/* The default in a version (NULL: the newest); NULL if no value expresses it. */
const char *setting_default_value(const struct setting_info *info, const char *version)
	__attribute__((nonnull(1), pure));

/* "10000", "10 (before 3), 1000 (3 or later)", "4 for each CPU". Caller frees. */
char *setting_default_text(const struct setting_info *info)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* The versions that have it: "5.0 or later", "2.1 or later, before 3"; NULL: all. Caller frees. */
char *setting_versions_text(const struct setting_info *info)
	__attribute__((nonnull, warn_unused_result));

#endif
