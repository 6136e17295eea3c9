/* SPDX-License-Identifier: MIT */
#include "run/figures.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"

void figures_init(struct figures *figures)
{
	*figures = (struct figures){ 0 };
	metrics_init(&figures->metrics);
}

void figures_release(struct figures *figures)
{
	if (!figures)
		return;
	for (size_t i = 0; i < figures->other_count; i++) {
		free(figures->others[i].name);
		free(figures->others[i].value);
	}
	free(figures->others);
	figures_init(figures);
}

const char *figures_other(const struct figures *figures, const char *name)
{
	for (size_t i = 0; i < figures->other_count; i++)
		if (!strcmp(figures->others[i].name, name))
			return figures->others[i].value;
	return NULL;
}

static int parse_line(struct figures *figures, char *line, struct error *err)
{
	char *space = strchr(line, ' ');

	if (!space || space == line || !space[1])
		return error_set(err, ERROR_TARGET, EINVAL, "not a figure: '%s'", line);
	*space = '\0';
	const char *value = space + 1;
	enum metric_id id = metric_by_key(line);
	if (id < METRIC_COUNT) {
		double number;

		if (metrics_has(&figures->metrics, id))
			return error_set(err, ERROR_TARGET, EINVAL, "%s is reported twice", line);
		if (parse_double(value, &number) < 0 || number < 0)
			return error_set(err, ERROR_TARGET, EINVAL, "%s is not a number: '%s'",
					 line, value);
		figures->metrics.value[id] = number;
		return 0;
	}
	if (figures_other(figures, line))
		return error_set(err, ERROR_TARGET, EINVAL, "%s is reported twice", line);
	if (!strcmp(line, "iterations") && parse_u64(value, &figures->iterations) < 0)
		return error_set(err, ERROR_TARGET, EINVAL, "iterations is not a number: '%s'",
				 value);
	if (figures->other_count == FIGURES_OTHERS_MAX)
		return error_set(err, ERROR_TARGET, EINVAL, "more than %d lines",
				 FIGURES_OTHERS_MAX);
	struct figure *other =
		ARRAY_PUSH(figures->others, figures->other_count, figures->other_alloc);
	other->name = xstrdup(line);
	other->value = xstrdup(value);
	return 0;
}

int figures_parse(const char *text, size_t len, struct figures *figures, struct error *err)
{
	_cleanup_free_ char *copy = xstrndup(text, len);
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		int r = *line ? parse_line(figures, line, err) : 0;

		if (r < 0) {
			error_prefix(err, "the workload's report");
			return r;
		}
	}
	return 0;
}
