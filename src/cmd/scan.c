/* SPDX-License-Identifier: MIT */
#include "cmd/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"

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
	parameter->name = TAKE_PTR(name);
	parameter->values = split_values(text + name_len + 1, &parameter->count);
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
				   NULL);
}
