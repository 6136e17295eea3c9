/* SPDX-License-Identifier: MIT */
/*
 * alloc/judge: whether an allocator takes a setting as it is written, by the catalogue and by how
 * it reads its variables. Pure: nothing is asked.
 *
 * The one check for both uses: what a user asks of a program's own allocator, self[key:value], and
 * what is set in the environment of a program that identify looks at (alloc/ineffective).
 */
#ifndef MADVISOR_ALLOC_JUDGE_H
#define MADVISOR_ALLOC_JUDGE_H

#include <stdbool.h>

#include "alloc/allocator.h"

struct setting_verdict {
	char *reason; /* a clause: "jemalloc has no setting narena"; NULL: it is taken */
	bool misread; /* it is taken as something else: "64M" as 64 */
	char *read;   /* what it is taken as: "64"; NULL unless it is misread */
	/* The right spelling; NULL: as it is, or none known. */
	char *key, *value;
};

#define _cleanup_setting_verdict_ __attribute__((cleanup(setting_verdict_release)))

/*
 * Whether a version of the allocator (NULL: not known; "2": only the first number is) has a setting
 * of that name: exactly so, in the letters that it reads.
 */
void setting_judge_key(const struct allocator *allocator, const char *version, const char *key,
		       struct setting_verdict *ret) __attribute__((nonnull(1, 3, 4)));
/* The same, and whether it takes the value, written as in its own variable. */
void setting_judge(const struct allocator *allocator, const char *version, const char *key,
		   const char *value, struct setting_verdict *ret)
	__attribute__((nonnull(1, 3, 4, 5)));
void setting_verdict_release(struct setting_verdict *verdict);

#endif
