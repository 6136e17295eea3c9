/* SPDX-License-Identifier: MIT */
/*
 * model/setting: the catalogue of settings: what each allocator can be told, and which trouble it mends.
 *
 * The one place for the key, range, default, reason and risk of a setting. Each allocator's file in alloc/ fills in its
 * rows; allocator_catalogue() (alloc/allocator.h) gathers them. alloc/ translates values by them, `madvisor list
 * settings` shows them, and explain/, which may not see alloc/, is handed the catalogue: a rule names a symptom, the
 * catalogue answers with the settings against it.
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

/* Which values lie between two of setting_info.search. */
enum setting_scale {
	SCALE_LISTED, /* none worth trying: words, switches, and numbers that stand for a mode */
	SCALE_STEPS,  /* each whole number */
	SCALE_POWERS, /* each doubling */
};

/*
 * What settings can mend. A rule of explain/ finds the first eight in a program's figures. The others are known to
 * respond to a setting, but figures alone do not tell whether it helps: `search` tries them.
 */
enum symptom {
	SYMPTOM_REFAULTS = 1 << 0, /* free pages are given back, and fault again soon */
	SYMPTOM_MERGED_EXTENTS = 1
				 << 1, /* the same in large pieces: free memory merged beyond use */
	SYMPTOM_OVERSIZE = 1 << 2,     /* the same, with large extents that are never kept */
	SYMPTOM_HEAP_TRIM = 1 << 3,    /* a heap's free end is given back and taken again */
	SYMPTOM_MAPPED_BLOCKS = 1 << 4, /* large blocks are each mapped and unmapped */
	SYMPTOM_HUGE_PAGES = 1 << 5,    /* transparent huge pages make faults dear */
	SYMPTOM_LAZY_FREE = 1 << 6,     /* memory given away by MADV_FREE counts as resident */
	SYMPTOM_ARENA_BLOAT = 1 << 7,   /* free memory is spread over many arenas */
	SYMPTOM_GROWTH = 1 << 8,        /* many first touches: the heap grows page by page */
	SYMPTOM_LOCKED_ARENAS = 1 << 9, /* threads wait for each other in the allocator */
};

/* Which way to turn it against the symptom. */
enum remedy_direction {
	REMEDY_EXACT, /* to the value itself: any other falls short of it */
	REMEDY_UP,    /* more is more of it; -1 stands for never, beyond any number */
	REMEDY_DOWN,  /* less is more of it */
};

/* Where the value comes from. */
enum remedy_fit {
	FIT_LISTED, /* `values`, from mild to drastic */
	FIT_RESIDENT, /* twice the peak of resident memory, between the two `values`; the upper where unknown */
	FIT_BLOCK, /* twice a block that is unmapped, between the two `values`; the lower where unknown */
};

/* How a setting mends symptoms. */
struct remedy {
	unsigned int symptoms; /* enum symptom, or-ed; 0 ends a list */
	enum remedy_direction direction;
	enum remedy_fit fit;
	const char *values; /* separated by spaces, as the user writes them */
	bool if_set;     /* only where the user has set it: the default is no part of the trouble */
	bool each_value; /* every value is a way out of its own, not just the next one */
	const char *since; /* the first version in which it helps; NULL: all that have the setting */
	const char *below; /* the first version in which it no longer does; NULL: none */
	const char *why;   /* what it does against the symptom */
	const char *risk;  /* what that can cost */
};

/* What holds from a version on where nothing is set; the one without `since` comes first. */
struct setting_default {
	const char *since;
	const char *value; /* as the user writes it; NULL ends a list */
};

/* One setting. Numbers outside the range are refused, not clipped. */
struct setting_info {
	const char *key;     /* as it is written and shown */
	const char *aliases; /* other spellings of the same, separated by spaces; or NULL */
	const char *
		elsewhere; /* what other versions call it, for the hint; separated by spaces; or NULL */
	enum setting_kind kind;
	int64_t min, max;    /* in the kind's unit; without meaning for BOOL and CHOICE */
	const char *choices; /* separated by spaces; also words that a number kind takes; or NULL */
	const struct setting_default *defaults; /* NULL where no value says it */
	const char *fallback; /* what holds when it is not set, in words; NULL: `defaults` says it */
	const char *search;   /* values worth trying, separated by spaces, in ascending order */
	enum setting_scale scale;
	const char *since;    /* first version that has it; NULL: all that matter */
	const char *below;    /* first version that lacks it; NULL: none */
	const char *variable; /* that carries it, for what is no contender (Go); NULL elsewhere */
	const char *why;      /* what it decides between the allocator and the kernel */
	const char *risk;     /* what it can cost */
	const struct remedy *remedies; /* what it mends, NULL: nothing that is known */
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

/* NULL where the catalogue has no such allocator. Borrowed. */
const struct setting_group *setting_catalogue_find(const struct setting_catalogue *catalogue,
						   const char *allocator)
	__attribute__((nonnull, pure));

/* What holds in a version (NULL: the newest) where nothing is set; NULL where no value says it. */
const char *setting_default_value(const struct setting_info *info, const char *version)
	__attribute__((nonnull(1), pure));

/* "10000", "10 (before 3), 1000 (3 or later)", "4 for each CPU". Caller frees. */
char *setting_default_text(const struct setting_info *info)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* Which versions have it: "5.0 or later", "before 3", "2.1 or later, before 3"; NULL: all. Caller frees. */
char *setting_versions_text(const struct setting_info *info)
	__attribute__((nonnull, warn_unused_result));

#endif
