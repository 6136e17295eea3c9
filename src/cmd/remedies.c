/* SPDX-License-Identifier: MIT */
#include "cmd/remedies.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/inject.h"
#include "alloc/self.h"
#include "alloc/spec.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "explain/explain.h"
#include "run/observe.h"

/* The program's allocator under the settings in a contender's text. */
static int resolve(const char *text, const struct identification *program,
		   const struct reach *reach, struct contender *ret, struct error *err)
{
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };
	int r = contender_spec_parse(text, &spec, err);

	return r < 0 ? r : contender_resolve_self(&spec, program, reach->rights, ret, NULL, err);
}

/* The assignment in an environment to the variable of another assignment. Borrowed; NULL without one. */
static const char *find_assignment(char *const *environment, const char *assignment)
{
	size_t len = strcspn(assignment, "=") + 1;

	for (; *environment; environment++)
		if (!strncmp(*environment, assignment, len))
			return *environment;
	return NULL;
}

static const char *value_in(char *const *environment, const char *assignment)
{
	const char *found = find_assignment(environment, assignment);

	return found ? found : "";
}

/* Why settings around the command do not get to the program; NULL if they do. Caller frees. */
static char *find_obstacle(const struct contender *contender, const struct reach *reach)
{
	if (!reach->inner)
		return NULL;
	if (!find_assignment(reach->inner, OBSERVED_VARIABLE "="))
		return xstrdup("the command starts it with an environment of its own");
	for (char **item = contender->env; item && *item; item++)
		if (strcmp(value_in(reach->outer, *item), value_in(reach->inner, *item)) != 0)
			return xasprintf("the command sets %.*s for it", (int)strcspn(*item, "="),
					 *item);
	return NULL;
}

static size_t add_contender(struct result *result, const struct finding *finding,
			    const struct identification *program, const struct reach *reach)
{
	_cleanup_free_ char *text = finding_contender_name(result, finding);
	struct contender contender;

	/* remedies_bind() reports why a setting is rejected. */
	if (!text || resolve(text, program, reach, &contender, NULL) < 0)
		return SIZE_MAX;
	size_t known = result_find_contender(result, contender.name);
	_cleanup_free_ char *obstacle = find_obstacle(&contender, reach);
	if (obstacle)
		result_add_note(
			result,
			"not verified: %s, so that what madvisor sets around the command would not "
			"reach it",
			obstacle);
	if (known != SIZE_MAX || obstacle) {
		contender_release(&contender);
		return known;
	}
	*result_add_contender(result) = contender;
	return result->contender_count - 1;
}

size_t *remedies_add_contenders(struct result *result, const struct identification *program,
				const struct reach *reach)
{
	size_t *indices = xcalloc(result->finding_count + 1, sizeof(*indices));

	for (size_t i = 0; i < result->finding_count; i++)
		indices[i] = add_contender(result, &result->findings[i], program, reach);
	return indices;
}

/* Binds one setting: splits its assignment "NAME=value" into variable and value. */
static int bind_setting(struct finding_setting *setting, const struct identification *program,
			const struct reach *reach, struct error *err)
{
	_cleanup_free_ char *text = xasprintf("self[%s:%s]", setting->key, setting->value);
	struct contender contender;
	int r = resolve(text, program, reach, &contender, err);

	if (r < 0)
		return r;
	if (contender.env && contender.env[0]) {
		const char *assignment = contender.env[0];
		size_t len = strcspn(assignment, "=");

		free(setting->value);
		setting->variable = xstrndup(assignment, len);
		setting->value = xstrdup(assignment + len + (assignment[len] == '='));
	}
	contender_release(&contender);
	return 0;
}

/* Adds a sentence that ends in a reason. */
static void append_reason(struct finding *finding, const char *sentence, const char *reason)
{
	char *text = xasprintf("%s %s: %s.", finding->text, sentence, reason);

	free(finding->text);
	finding->text = text;
}

/* Sets the finding's environment: all its settings, merged with the user's own values. */
static int bind_together(struct result *result, struct finding *finding,
			 const struct identification *program, const struct reach *reach,
			 struct error *err)
{
	_cleanup_free_ char *text = finding_contender_name(result, finding);
	struct contender contender;
	size_t count = 0, alloc = 0;

	if (!text)
		return 0;
	int r = resolve(text, program, reach, &contender, err);
	if (r < 0)
		return r;
	char **all = self_environment(&contender, reach->inner ? reach->inner : reach->outer);
	_cleanup_free_ char *obstacle = find_obstacle(&contender, reach);
	for (size_t i = 0; contender.env && contender.env[i]; i++)
		*ARRAY_PUSH(finding->env, count, alloc) =
			xstrdup(find_assignment(all, contender.env[i]));
	*ARRAY_PUSH(finding->env, count, alloc) = NULL;
	if (obstacle)
		append_reason(finding, "This is to be set inside the command", obstacle);
	strv_free(all);
	contender_release(&contender);
	return 0;
}

static void bind(struct result *result, struct finding *finding,
		 const struct identification *program, const struct reach *reach)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	int r = bind_together(result, finding, program, reach, &err);

	for (size_t i = 0; r == 0 && i < finding->setting_count; i++)
		if (finding->settings[i].key && !finding->settings[i].variable)
			r = bind_setting(&finding->settings[i], program, reach, &err);
	if (r == 0)
		return;
	append_reason(finding, "It cannot be set here", err.message);
	finding_drop_settings(finding, 0);
}

static void note_unasked(struct result *result, const struct identification *program,
			 const struct reach *reach)
{
	_cleanup_free_ char *why = self_unasked(program, reach->rights);
	bool any = false;

	for (size_t i = 0; i < result->finding_count; i++)
		any |= result->findings[i].setting_count > 0;
	if (why && any)
		result_add_note(
			result,
			"whether this build of the allocator takes these settings is not known: %s",
			why);
}

void remedies_bind(struct result *result, const struct identification *program,
		   const struct reach *reach)
{
	for (size_t i = 0; i < result->finding_count; i++)
		bind(result, &result->findings[i], program, reach);
	note_unasked(result, program, reach);
}
