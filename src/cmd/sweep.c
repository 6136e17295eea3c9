/* SPDX-License-Identifier: MIT */
#include "cmd/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"

/* Without --budget and --rounds. */
#define DEFAULT_BUDGET_NS (300 * NS_PER_SEC)
#define DEFAULT_ROUNDS 3
/* A range that ends so many times above its beginning goes by factors. */
#define LOGARITHMIC_FROM 16
/* Numbers that a document keeps exactly. */
#define VALUE_MAX (UINT64_C(1) << 53)
#define DIGITS "0123456789"

bool sweep_is_range(const char *text)
{
	const char *dots = strstr(text, "..");

	return dots && dots > text && dots[2] && !strpbrk(text, ",/");
}

static int refuse(const struct sweep_text *given, struct error *err)
{
	error_set(err, ERROR_USAGE, EINVAL, "not a sweep: '%s'", given->text);
	error_hint(err, "%s", given->hint);
	return -EINVAL;
}

static bool parse_value(const char *text, uint64_t *ret)
{
	return parse_size(text, ret) == 0 && *ret <= VALUE_MAX;
}

static bool has_unit(const char *text)
{
	return text[strspn(text, DIGITS)] != '\0';
}

/* The ends in the order in which they stand, and the scale, NULL where none is given. */
static int judge(const struct sweep_text *given, const char *low, const char *high,
		 const char *scale, struct cliff_axis *ret, struct error *err)
{
	if (!parse_value(low, &ret->low) || !parse_value(high, &ret->high) ||
	    (scale && strcmp(scale, "log") && strcmp(scale, "linear")))
		return refuse(given, err);
	if (ret->low >= ret->high) {
		error_set(err, ERROR_USAGE, EINVAL, "%s '%s': the range is empty", given->option,
			  given->text);
		error_hint(err, "the smaller value stands first: %s..%s", high, low);
		return -EINVAL;
	}
	ret->logarithmic = scale ? !strcmp(scale, "log")
				 : ret->low && ret->high / ret->low >= LOGARITHMIC_FROM;
	if (ret->logarithmic && !ret->low) {
		error_set(err, ERROR_USAGE, EINVAL, "%s '%s': no factor leads from 0 upwards",
			  given->option, given->text);
		error_hint(err, "begin at 1, or write :linear behind the range");
		return -EINVAL;
	}
	return 0;
}

int sweep_parse_range(const struct sweep_text *given, struct cliff_axis *ret, bool *ret_sized,
		      struct error *err)
{
	size_t name_len = strcspn(given->text, "=");

	if (!name_len || given->text[name_len] != '=')
		return refuse(given, err);
	_cleanup_free_ char *low = xstrdup(given->text + name_len + 1);
	char *scale = strchr(low, ':'), *dots;

	if (scale)
		*scale++ = '\0';
	dots = strstr(low, "..");
	if (!dots)
		return refuse(given, err);
	*dots = '\0';
	*ret_sized = has_unit(low) || has_unit(dots + 2);
	return judge(given, low, dots + 2, scale, ret, err);
}

int sweep_course_prepare(struct sweep_course *course, const char *option, struct error *err)
{
	struct stopping_rule *rule = &course->measure->rule;

	if (course->measure->failif_count || rule->precision_pct > 0) {
		error_set(err, ERROR_USAGE, EINVAL, "--%s beside %s",
			  course->measure->failif_count ? "fail-if" : "precision", option);
		error_hint(err, "a sweep goes by --budget; measure one value by itself");
		return -EINVAL;
	}
	if (!rule->rounds)
		rule->rounds = DEFAULT_ROUNDS;
	if (!rule->budget_ns)
		rule->budget_ns = DEFAULT_BUDGET_NS;
	return 0;
}

size_t sweep_course_runs(const struct sweep_course *course)
{
	const struct result *result = &course->measure->result;
	size_t count = 0;

	for (size_t i = 0; i < result->contender_count; i++)
		count += !result->contenders[i].withdrawn;
	return count;
}

int sweep_course_run(struct sweep_course *course, struct sweep_plan *plan, struct error *err)
{
	struct measure *measure = course->measure;
	const struct outlook outlook = {
		.runs = sweep_course_runs(course),
		.open_ended = true,
		.expected_ns = measure->rule.budget_ns,
	};

	plan->result = &measure->result;
	plan->budget_ns = measure->rule.budget_ns;
	plan->clock = &clock_real;
	course->started_ns = clock_now_ns(&clock_real);
	measure_outlook(measure, &outlook);
	return sweep_run(plan, err);
}

void sweep_course_progress(void *context, const struct progress *progress)
{
	struct sweep_course *course = context;
	struct progress whole = *progress;

	whole.total = 0;
	whole.elapsed_ns = clock_now_ns(&clock_real) - course->started_ns;
	whole.budget_ns = course->measure->rule.budget_ns;
	measure_progress(course->measure, &whole);
}

void sweep_course_keep(void *context)
{
	measure_keep(((struct sweep_course *)context)->measure);
}
