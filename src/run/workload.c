/* SPDX-License-Identifier: MIT */
#include "run/workload.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/selfdir.h"
#include "base/slip.h"
#include "base/spawn.h"
#include "base/xalloc.h"

static char *locate(void)
{
	const char *named = getenv("MADVISOR_WORKLOAD");

	if (named)
		return access(named, X_OK) == 0 ? realpath(named, NULL) : NULL;
	return self_companion("madvisor-workload", X_OK);
}

static int parse_list(struct workload_catalogue *catalogue, char *text, struct error *err)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (!*line)
			continue;
		char *name = strsep(&line, "\t"), *suites = strsep(&line, "\t");
		if (!suites || !line)
			return error_set(
				err, ERROR_MACHINE, EPROTO,
				"%s lists its cases in a form that this madvisor does not know",
				catalogue->program);
		*ARRAY_PUSH(catalogue->cases, catalogue->count, catalogue->alloc) =
			(struct workload_item){ xstrdup(name), xstrdup(suites), xstrdup(line) };
	}
	return 0;
}

int workload_catalogue_load(struct workload_catalogue *ret, struct error *err)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;

	*ret = (struct workload_catalogue){ .program = locate() };
	if (!ret->program) {
		error_set(err, ERROR_MACHINE, ENOENT, "madvisor-workload is missing");
		error_hint(err, "build it with `make`, or name it in MADVISOR_WORKLOAD");
		return -ENOENT;
	}
	const char *const argv[] = { ret->program, "--list", NULL };
	int r = spawn_capture(&(struct spawn){ .argv = argv }, &result, err);
	if (r == 0 && result.exit_status != 0)
		r = error_set(err, ERROR_MACHINE, EPROTO, "%s --list failed with exit status %d",
			      ret->program, result.exit_status);
	if (r == 0)
		r = parse_list(ret, result.out.buf, err);
	if (r < 0)
		workload_catalogue_release(ret);
	return r;
}

void workload_catalogue_release(struct workload_catalogue *catalogue)
{
	if (!catalogue)
		return;
	for (size_t i = 0; i < catalogue->count; i++) {
		free(catalogue->cases[i].name);
		free(catalogue->cases[i].suites);
		free(catalogue->cases[i].description);
	}
	free(catalogue->cases);
	free(catalogue->program);
	*catalogue = (struct workload_catalogue){ 0 };
}

bool workload_item_in_suite(const struct workload_item *item, const char *suite)
{
	return list_has(item->suites, ",", suite);
}

/* What the workload said against a case, as an error. */
static int refuse(const struct workload_catalogue *catalogue, const char *text, char *said,
		  struct error *err)
{
	/* "madvisor-workload: message" lines; the second, "hint: …", the remedy. */
	char *rest = said, *message = strsep(&rest, "\n");
	const char *prefix = "madvisor-workload: ";
	struct slip slip;

	if (!strncmp(message, prefix, strlen(prefix)))
		message += strlen(prefix);
	error_set(err, ERROR_USAGE, EINVAL, "%s", message);
	const char *hint = rest ? strsep(&rest, "\n") : NULL;
	if (hint && !strncmp(hint, "hint: ", strlen("hint: ")))
		hint += strlen("hint: ");
	if (!hint || !*hint)
		hint = "`madvisor list cases` shows those that exist";
	slip_init(&slip, text);
	for (size_t i = 0; i < catalogue->count; i++)
		slip_consider(&slip, catalogue->cases[i].name);
	/* It may have a word of its own for a part of the name. */
	if (slip.best && strncmp(hint, "did you mean", strlen("did you mean")) != 0)
		error_hint(err, "did you mean %s? %s", slip.best, hint);
	else
		error_hint(err, "%s", hint);
	return -EINVAL;
}

/* `option` is one more argument, or NULL. */
static int resolve(const struct workload_catalogue *catalogue, const char *text, const char *option,
		   char **ret_name, struct error *err)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	const char *const argv[] = { catalogue->program, "--resolve", text, option, NULL };
	int r = spawn_capture(&(struct spawn){ .argv = argv }, &result, err);

	if (r < 0)
		return r;
	if (result.exit_status != 0)
		return refuse(catalogue, text, result.err.buf, err);
	*ret_name = xstrndup(result.out.buf, strcspn(result.out.buf, "\n"));
	return 0;
}

int workload_resolve(const struct workload_catalogue *catalogue, const char *text, char **ret_name,
		     struct error *err)
{
	return resolve(catalogue, text, NULL, ret_name, err);
}

int workload_vary(const struct workload_catalogue *catalogue, const char *name,
		  const char *parameter, uint64_t value, char **ret_name, struct error *err)
{
	/* --size is what the workload also calls --payload. */
	_cleanup_free_ char *option = xasprintf("--%s=%llu", parameter, (unsigned long long)value);

	return resolve(catalogue, name, option, ret_name, err);
}

int workload_add_parameters(const struct workload_catalogue *catalogue, struct case_info *item,
			    struct error *err)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	const char *const argv[] = { catalogue->program, "--parameters", item->name, NULL };
	int r = spawn_capture(&(struct spawn){ .argv = argv }, &result, err);
	char *rest = result.out.buf, *line;

	if (r < 0)
		return r;
	if (result.exit_status != 0)
		return error_set(err, ERROR_MACHINE, EPROTO,
				 "%s --parameters %s failed with exit status %d",
				 catalogue->program, item->name, result.exit_status);
	while ((line = strsep(&rest, "\n"))) {
		if (!*line)
			continue;
		const char *name = strsep(&line, "\t"), *value = strsep(&line, "\t");
		if (!value || !line)
			return error_set(
				err, ERROR_MACHINE, EPROTO,
				"%s describes its cases in a form that this madvisor does not know",
				catalogue->program);
		case_add_parameter(item, name, value, *line ? line : NULL);
	}
	return 0;
}

static bool strv_has(char *const *strings, size_t count, const char *text, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(strings[i]) == len && !strncmp(strings[i], text, len))
			return true;
	return false;
}

char **workload_suites(const struct workload_catalogue *catalogue)
{
	char **names = NULL;
	size_t count = 0, alloc = 0;

	for (size_t i = 0; i < catalogue->count; i++) {
		const char *list = catalogue->cases[i].suites;

		while (*list) {
			size_t len = strcspn(list, ",");

			if (!strv_has(names, count, list, len))
				*ARRAY_PUSH(names, count, alloc) = xstrndup(list, len);
			list += len + (list[len] == ',');
		}
	}
	*ARRAY_PUSH(names, count, alloc) = NULL;
	return names;
}
