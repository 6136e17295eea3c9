/* SPDX-License-Identifier: MIT */
#include "machine/cpus.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

static int bad_list(const char *list, struct error *err)
{
	error_set(err, ERROR_USAGE, EINVAL, "not a CPU list: '%s'", list);
	error_hint(err, "write it like 0-3,6");
	return -EINVAL;
}

/* "N" or "N-M" at *text; moves behind it. */
static int parse_range(const char **text, unsigned long *first, unsigned long *last)
{
	char *end;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	*first = *last = strtoul(*text, &end, 10);
	if (*end == '-') {
		if (!isdigit((unsigned char)end[1]))
			return -EINVAL;
		*last = strtoul(end + 1, &end, 10);
	}
	*text = end;
	return *first <= *last && *last < CPU_SETSIZE ? 0 : -EINVAL;
}

int cpus_parse(const char *list, cpu_set_t *ret, struct error *err)
{
	const char *text = list;
	cpu_set_t allowed;

	CPU_ZERO(ret);
	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return error_set(err, ERROR_MACHINE, errno, "cannot read the CPU affinity");
	do {
		unsigned long first, last;

		if (parse_range(&text, &first, &last) < 0)
			return bad_list(list, err);
		for (unsigned long cpu = first; cpu <= last; cpu++) {
			if (!CPU_ISSET(cpu, &allowed)) {
				error_set(err, ERROR_USAGE, EINVAL,
					  "CPU %lu is not available to this process", cpu);
				error_hint(err, "`taskset -cp $$` shows those that are");
				return -EINVAL;
			}
			CPU_SET(cpu, ret);
		}
	} while (*text == ',' && *++text);
	return *text ? bad_list(list, err) : 0;
}
