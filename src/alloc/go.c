/* SPDX-License-Identifier: MIT */
/*
 * The settings of the Go runtime's allocator, for explain only: it is part of the program, and
 * cannot be a contender.
 *
 * Source: the release notes of Go 1.12 and 1.16, and the documentation of package runtime.
 */
#include "alloc/allocator.h"

#include <stdlib.h>
#include <string.h>

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

/* Source: readGOGC() and readGOMEMLIMIT() of runtime/mgcpacer.go; parseByteCount() of runtime/string.go. */
static bool is_whole(const char *text)
{
	text += *text == '-';
	return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 11;
}

static bool is_byte_count(const char *text)
{
	static const char *const units[] = { "", "B", "KiB", "MiB", "GiB", "TiB" };
	size_t digits = strspn(text, "0123456789");

	for (size_t i = 0; digits && i < ARRAY_SIZE(units); i++)
		if (!strcmp(text + digits, units[i]))
			return true;
	return false;
}

const char *go_refuses(const char *variable, const char *value)
{
	if (!*value || !strcmp(value, "off"))
		return NULL;
	if (!strcmp(variable, "GOGC") && !is_whole(value))
		return "it takes a whole number or off, and anything else leaves it at 100";
	if (!strcmp(variable, "GOMEMLIMIT") && !is_byte_count(value))
		return "it takes off or bytes, as 512MiB: with anything else the program does not start";
	return NULL;
}
