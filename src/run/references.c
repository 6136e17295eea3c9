/* SPDX-License-Identifier: MIT */
#include "run/references.h"

#include "base/spawn.h"
#include "base/xalloc.h"

void result_add_copy(struct result *result, const struct contender *baseline, char *name,
		     enum contender_role role)
{
	struct contender *copy = result_add_contender(result);

	copy->name = name;
	copy->role = role;
	copy->allocator = baseline->allocator ? xstrdup(baseline->allocator) : NULL;
	copy->version = baseline->version ? xstrdup(baseline->version) : NULL;
	copy->library = baseline->library ? xstrdup(baseline->library) : NULL;
	copy->build = baseline->build ? xstrdup(baseline->build) : NULL;
	copy->how = baseline->how ? xstrdup(baseline->how) : NULL;
	copy->env_var = baseline->env_var ? xstrdup(baseline->env_var) : NULL;
	copy->proof = baseline->proof ? xstrdup(baseline->proof) : NULL;
	copy->settings = xcalloc(baseline->setting_count, sizeof(*copy->settings));
	copy->setting_count = baseline->setting_count;
	for (size_t i = 0; i < baseline->setting_count; i++) {
		copy->settings[i].key = xstrdup(baseline->settings[i].key);
		copy->settings[i].value = xstrdup(baseline->settings[i].value);
	}
	copy->env = baseline->env ? environment_with(baseline->env, NULL) : NULL;
}

/* Adds a copy of the baseline with another name and role. */
static void add_copy_of_baseline(struct result *result, char *name, enum contender_role role)
{
	/* Adding a row may move the others, but not what they point to. */
	const struct contender baseline =
		result->contenders[result_find_role(result, ROLE_BASELINE)];

	result_add_copy(result, &baseline, name, role);
}

void result_add_twin(struct result *result)
{
	const char *baseline = result->contenders[result_find_role(result, ROLE_BASELINE)].name;

	add_copy_of_baseline(result, xasprintf("%s:twin", baseline), ROLE_TWIN);
}

void result_add_limit(struct result *result)
{
	add_copy_of_baseline(result, xstrdup("limit"), ROLE_LIMIT);
}
