/* SPDX-License-Identifier: MIT */
#include "cmd/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cmd/sweep.h"

enum { COMBINATIONS_MAX = 1000 };

static int refuse(const char *text, struct error *err)
{
	error_set(err, ERROR_USAGE, EINVAL, "not a parameter scan: '%s'", text);
	error_hint(err, "write name=a,b,c and use {name} in the command");
	return -EINVAL;
}

static char **split_values(const char *text, size_t *ret_count)
{
	char **values = NULL;
	size_t count = 0, alloc = 0;

	for (;;) {
		size_t len = strcspn(text, ",");

		*ARRAY_PUSH(values, count, alloc) = xstrndup(text, len);
		if (!text[len])
			break;
		text += len + 1;
	}
	*ret_count = count;
	*ARRAY_PUSH(values, count, alloc) = NULL;
	return values;
}

static void add_value(struct scan_parameter *parameter, uint64_t value)
{
	parameter->values =
		xreallocarray(parameter->values, parameter->count + 2, sizeof(*parameter->values));
	parameter->values[parameter->count++] = xasprintf("%llu", (unsigned long long)value);
	parameter->values[parameter->count] = NULL;
}

/* The values of a parameter that has its name: `text` is all of it. */
static int fill(struct scan_parameter *parameter, const char *text, struct error *err)
{
	const struct sweep_text given = {
		"-P", text, "write whole numbers, -P n=8..1M, or a list of values: -P n=8,1K,1M"
	};
	const char *values = text + strlen(parameter->name) + 1;

	parameter->swept = sweep_is_range(values);
	if (!parameter->swept) {
		parameter->values = split_values(values, &parameter->count);
		return 0;
	}
	int r = sweep_parse_range(&given, &parameter->axis, &parameter->sized, err);
	if (r < 0)
		return r;
	add_value(parameter, parameter->axis.low);
	add_value(parameter, parameter->axis.high);
	return 0;
}

int scan_add(struct scan *scan, const char *text, struct error *err)
{
	size_t name_len = strcspn(text, "=");

	if (!name_len || text[name_len] != '=' || !text[name_len + 1] ||
	    strcspn(text, "{}/ ") < name_len)
		return refuse(text, err);
	_cleanup_free_ char *name = xstrndup(text, name_len);
	for (size_t i = 0; i < scan->count; i++)
		if (!strcmp(scan->parameters[i].name, name))
			return refuse(text, err);
	struct scan_parameter *parameter = ARRAY_PUSH(scan->parameters, scan->count, scan->alloc);
	*parameter = (struct scan_parameter){ .name = TAKE_PTR(name) };
	int r = fill(parameter, text, err);
	if (r < 0)
		return r;
	if (scan_combinations(scan) <= COMBINATIONS_MAX)
		return 0;
	error_set(err, ERROR_USAGE, E2BIG, "more than %d combinations of parameters",
		  COMBINATIONS_MAX);
	error_hint(err, "scan fewer values at a time");
	return -E2BIG;
}

void scan_release(struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++) {
		free(scan->parameters[i].name);
		strv_free(scan->parameters[i].values);
	}
	free(scan->parameters);
	*scan = (struct scan){ 0 };
}

const struct scan_parameter *scan_swept(const struct scan *scan)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->parameters[i].swept)
			return &scan->parameters[i];
	return NULL;
}

void scan_add_value(struct scan *scan, uint64_t value)
{
	for (size_t i = 0; i < scan->count; i++)
		if (scan->parameters[i].swept) {
			add_value(&scan->parameters[i], value);
			return;
		}
}

size_t scan_find_value(const struct scan *scan, uint64_t value)
{
	const struct scan_parameter *parameter = scan_swept(scan);

	for (size_t i = 0; parameter && i < parameter->count; i++)
		if (strtoull(parameter->values[i], NULL, 10) == value)
			return i;
	return SIZE_MAX;
}

size_t scan_combinations(const struct scan *scan)
{
	size_t combinations = 1;

	for (size_t i = 0; i < scan->count; i++) {
		if (combinations > SIZE_MAX / scan->parameters[i].count)
			return SIZE_MAX;
		combinations *= scan->parameters[i].count;
	}
	return combinations;
}

/* The value of a parameter in a combination: the last parameter changes fastest. */
static const char *value_of(const struct scan *scan, size_t combination, size_t parameter)
{
	for (size_t i = scan->count; i-- > parameter + 1;)
		combination /= scan->parameters[i].count;
	return scan->parameters[parameter].values[combination % scan->parameters[parameter].count];
}

/* The value that replaces the "{name}" at text, or NULL. */
static const char *replacement_at(const struct scan *scan, size_t combination, const char *text,
				  size_t *ret_len)
{
	for (size_t i = 0; i < scan->count; i++) {
		size_t len = strlen(scan->parameters[i].name);

		if (text[0] != '{' || strncmp(text + 1, scan->parameters[i].name, len) != 0 ||
		    text[1 + len] != '}')
			continue;
		*ret_len = len + 2;
		return value_of(scan, combination, i);
	}
	return NULL;
}

char *scan_substitute(const struct scan *scan, size_t combination, const char *text)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!text)
		return NULL;
	while (*text) {
		size_t len = 0;
		const char *value = replacement_at(scan, combination, text, &len);

		if (value)
			strbuf_addstr(&sb, value);
		else
			strbuf_addch(&sb, *text);
		text += value ? len : 1;
	}
	return strbuf_detach(&sb);
}

char *scan_describe(const struct scan *scan, size_t combination)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < scan->count; i++)
		strbuf_addf(&sb, "/%s=%s", scan->parameters[i].name,
			    value_of(scan, combination, i));
	return strbuf_detach(&sb);
}

void scan_add_parameters(const struct scan *scan, size_t combination, struct case_info *item)
{
	for (size_t i = 0; i < scan->count; i++)
		case_add_parameter(item, scan->parameters[i].name, value_of(scan, combination, i),
				   scan->parameters[i].sized ? "bytes" : NULL);
}
