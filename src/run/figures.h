/* SPDX-License-Identifier: MIT */
/*
 * run/figures: parses the report of madvisor-workload: lines "name value", described in
 * docs/HOWTO-workload.md. The text comes from another process and is not trusted.
 */
#ifndef MADVISOR_RUN_FIGURES_H
#define MADVISOR_RUN_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/metrics.h"

/* More than the workload has: a longer report is refused. */
#define FIGURES_OTHERS_MAX 256

struct figure {
	char *name;
	char *value;
};

struct figures {
	struct metrics metrics; /* names that are metric keys */
	uint64_t iterations;    /* 0 where not reported */
	struct figure *others;  /* all remaining lines, such as malloc_object */
	size_t other_count, other_alloc;
};

void figures_init(struct figures *figures) __attribute__((nonnull));
void figures_release(struct figures *figures);

/*
 * Parses a whole report into freshly initialised figures. -EINVAL with ERROR_TARGET: a line without
 * a value, a metric that is not a finite number >= 0, a name that comes twice, or more of them than
 * FIGURES_OTHERS_MAX.
 */
int figures_parse(const char *text, size_t len, struct figures *figures, struct error *err)
	__attribute__((nonnull(1, 3), warn_unused_result));

/* The value of a line of `others`, or NULL. Borrowed. */
const char *figures_other(const struct figures *figures, const char *name)
	__attribute__((nonnull, pure));

#endif
