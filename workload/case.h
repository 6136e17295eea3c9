/* SPDX-License-Identifier: MIT */
/*
 * workload/case: what is measured, as a name and as numbers. Pure.
 *
 * A case name is a family, what that family needs, and any number of key=value pairs:
 *
 *	spawn/local | spawn/remote | spawn/chain      mpsc/SIZE[-SIZE]      churn/single | churn/multi
 *	classic/larson and others of the field's
 *	.../key=value/key=value
 *
 * Each case has one canonical name: keys in a fixed order, sizes in their shortest form, only what
 * differs from the default; `senders` is always shown. docs/HOWTO-workload.md lists the keys.
 *
 * Life: case_begin() from text, case_set() for overrides, case_finish() fills defaults and checks
 * what depends on several keys. case_parse() does it all for a complete name.
 */
#ifndef MADVISOR_WORKLOAD_CASE_H
#define MADVISOR_WORKLOAD_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/strbuf.h"

enum case_family { FAMILY_SPAWN, FAMILY_MPSC, FAMILY_CHURN, FAMILY_CLASSIC };
enum case_shape {
	SHAPE_NONE,
	SHAPE_LOCAL,
	SHAPE_REMOTE,
	SHAPE_CHAIN,
	SHAPE_SINGLE,
	SHAPE_MULTI,
	/* FAMILY_CLASSIC, in the order of classic_defaults[] */
	SHAPE_LARSON,
	SHAPE_XMALLOC_TEST,
	SHAPE_CACHE_SCRATCH,
	SHAPE_CACHE_THRASH,
	SHAPE_SH6BENCH,
	SHAPE_SH8BENCH,
	SHAPE_MSTRESS,
	SHAPE_GLIBC_SIMPLE,
	SHAPE_GLIBC_THREAD,
	SHAPE_ALLOC_TEST,
};
enum case_init { INIT_FILL, INIT_CALLOC, INIT_TOUCH, INIT_NONE };

/* Every number is 64 bits wide so that one table describes all keys; CASE_UNSET until known. */
#define CASE_UNSET UINT64_MAX
#define CASE_SENDERS_MAX 256
#define CASE_THREADS_MAX 256

struct workload_case {
	enum case_family family;
	enum case_shape shape;
	uint64_t size_min, size_max; /* bytes of a payload or buffer; equal where fixed */
	uint64_t senders;
	uint64_t threads; /* 0: as many as CPUs, at least 2 */
	uint64_t capacity;
	uint64_t live;       /* buffers a thread keeps; xmalloc-test: in a batch */
	uint64_t init;       /* enum case_init */
	uint64_t read;       /* 0 or 1: whether each byte is read before it is freed */
	uint64_t messages;   /* a sender sends in an iteration */
	uint64_t operations; /* tasks in an iteration; or buffers a thread allocates in one */
	uint64_t task_size;
};

/*
 * A complete name. -EINVAL or -ERANGE with ERROR_USAGE that says what is wrong, and the nearest
 * known word as a hint.
 */
int case_parse(const char *name, struct workload_case *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));

/* As case_parse(), but a family alone will do, and the rest may be set before case_finish(). */
int case_begin(const char *name, struct workload_case *ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/* Overrides one key; "size" works for mpsc too. */
int case_set(struct workload_case *c, const char *key, const char *value, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));
int case_finish(struct workload_case *c, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

/* Appends the canonical name of a finished case. */
void case_name(const struct workload_case *c, struct strbuf *sb) __attribute__((nonnull));

/*
 * Appends what a finished case is made of, defaults too, a line each: name, value and unit with tabs between them; the
 * unit is empty for counts and words. Sizes are in bytes; a range of them is "64-1024".
 */
void case_parameters(const struct workload_case *c, struct strbuf *sb) __attribute__((nonnull));

#endif
