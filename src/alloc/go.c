/* SPDX-License-Identifier: MIT */
/*
 * The settings of the Go runtime's allocator, for explain only: it is part of the program, and
 * cannot be a contender.
 *
 * Source: the release notes of Go 1.12 and 1.16, and the documentation of package runtime.
 */
#include "alloc/allocator.h"

#include "base/array.h"

static const struct setting_info settings[] = {
	{
		.key = "madvdontneed",
		.kind = SETTING_INT,
		.max = 1,
		.defaults = SETTING_DEFAULTS({ NULL, "0" }, { "1.16", "1" }),
		.search = "0 1",
		.since = "1.12",
		.variable = "GODEBUG",
		.why = "0: pages go by MADV_FREE, which costs nothing if they are used again soon; 1: by MADV_DONTNEED",
		.risk = "0: resident memory looks higher than it is until the kernel needs it",
		.remedies = REMEDIES({
			.symptoms = SYMPTOM_LAZY_FREE,
			.values = "1",
			.why = "the Go runtime gives pages back by MADV_DONTNEED",
			.risk = "each use of such a page faults again",
		}),
	},
};

const struct setting_group go_settings = { "go", settings, ARRAY_SIZE(settings) };
