/* SPDX-License-Identifier: MIT */
#include "explain/remedy.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "explain/finding.h"

/* Whether the program's allocator is of these versions; one whose version is not known counts as new. */
static bool in_versions(const struct subject *subject, const char *since, const char *below)
{
	return !(since && subject_version_below(subject, since)) &&
	       !(below && !subject_version_below(subject, below));
}

static bool applies(const struct subject *subject, const struct setting_info *info,
		    const struct remedy *remedy)
{
	return in_versions(subject, info->since, info->below) &&
	       in_versions(subject, remedy->since, remedy->below) &&
	       (!remedy->if_set || subject_setting(subject, info->key));
}

/* A number with or without a unit letter; -1 as infinity; NAN if not a number. */
static double value_number(const char *value)
{
	uint64_t bytes;

	if (!strcmp(value, "-1"))
		return INFINITY;
	return parse_size(value, &bytes) < 0 ? NAN : (double)bytes;
}

static bool is_true(const char *value)
{
	return list_has("true yes on 1", " ", value);
}

static bool is_short_of(const struct remedy *remedy, const char *current, const char *value)
{
	double have = value_number(current), want = value_number(value);

	if (isnan(have) || isnan(want))
		return is_true(current) != is_true(value) && strcasecmp(current, value) != 0;
	return remedy->direction == REMEDY_UP     ? have < want
	       : remedy->direction == REMEDY_DOWN ? have > want
						  : have != want;
}

/* Whether the program would get further with the value. */
static bool is_beyond(const struct subject *subject, const struct setting_info *info,
		      const struct remedy *remedy, const char *value)
{
	const char *current = subject_setting(subject, info->key);

	/* The symptom of an exact remedy shows that the default is not in force. */
	if (!current && remedy->direction != REMEDY_EXACT)
		current = setting_default_value(info, subject->contender->version);
	return !current || is_short_of(remedy, current, value);
}

/* The power of two at or above twice the figure, clamped to [least, most]; `most` if unknown. */
static double roomy(double bytes, double least, double most)
{
	double power = least;

	while (power < most && !(power >= 2 * bytes))
		power *= 2;
	return power;
}

/* The value computed from the measurement, as a list of one. Caller frees. */
static char *fit_value(const struct subject *subject, const struct remedy *remedy)
{
	if (remedy->fit == FIT_CPUS)
		return xasprintf("%.0f", value_number(remedy->values) *
						 fmax(1, subject->result->host.cpus));
	_cleanup_free_ char *least_text = xstrndup(remedy->values, strcspn(remedy->values, " "));
	double least = value_number(least_text);
	double most = value_number(strrchr(remedy->values, ' ') + 1);
	double bytes = remedy->fit == FIT_RESIDENT
			       ? subject_get(subject, METRIC_PEAK_RSS_BYTES)
			       : subject_mean(subject, METRIC_MUNMAP_BYTES, METRIC_MUNMAP_CALLS);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (remedy->fit == FIT_BLOCK && isnan(bytes))
		bytes = 0;
	format_size_exact(&text, (uint64_t)roomy(bytes, least, most));
	return strbuf_detach(&text);
}

static void add(struct finding *finding, const struct setting_info *info,
		const struct remedy *remedy, const char *value)
{
	if (info->variable) {
		_cleanup_free_ char *pair = xasprintf("%s=%s", info->key, value);

		finding_add_variable(finding, info->variable, pair, remedy->why, remedy->risk);
	} else {
		finding_add_setting(finding, info->key, value, remedy->why, remedy->risk);
	}
}

/* Takes the remedy's way number *way; counts *way down by those that it has. */
static bool take(const struct subject *subject, const struct setting_info *info,
		 const struct remedy *remedy, unsigned int *way, struct finding *finding)
{
	_cleanup_free_ char *values =
		remedy->fit == FIT_LISTED ? xstrdup(remedy->values) : fit_value(subject, remedy);
	char *value, *rest = values;

	while ((value = strsep(&rest, " "))) {
		if (!is_beyond(subject, info, remedy, value))
			continue;
		if (*way == 0) {
			add(finding, info, remedy, value);
			return true;
		}
		(*way)--;
		if (!remedy->each_value)
			return false;
	}
	return false;
}

/* Takes way number *way of those that the settings offer, or every setting's first where `all`. */
static bool walk(const struct subject *subject, enum symptom symptom, unsigned int *way, bool all,
		 struct finding *finding)
{
	const struct setting_group *group = subject->settings;
	bool taken = false;

	for (size_t i = 0; group && i < group->count; i++) {
		const struct setting_info *info = &group->items[i];

		for (const struct remedy *remedy = info->remedies; remedy && remedy->symptoms;
		     remedy++) {
			if (!(remedy->symptoms & symptom) || !applies(subject, info, remedy))
				continue;
			taken |= take(subject, info, remedy, way, finding);
			if (taken && !all)
				return true;
		}
	}
	return taken;
}

bool remedy_take(const struct subject *subject, enum symptom symptom, unsigned int way,
		 struct finding *finding)
{
	return walk(subject, symptom, &way, false, finding);
}

bool remedy_take_all(const struct subject *subject, enum symptom symptom, struct finding *finding)
{
	unsigned int first = 0;

	return walk(subject, symptom, &first, true, finding);
}

bool remedy_purge_less(const struct subject *subject, unsigned int way, struct finding *finding)
{
	if (remedy_take_all(subject, SYMPTOM_MERGED_EXTENTS, finding)) {
		if (way == 0)
			return true;
		finding_drop_settings(finding, 0);
		way--;
	}
	return walk(subject, SYMPTOM_REFAULTS, &way, false, finding);
}
