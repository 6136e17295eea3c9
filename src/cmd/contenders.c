/* SPDX-License-Identifier: MIT */
#include "cmd/contenders.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "identify/identify.h"
#include "identify/shim.h"
#include "alloc/inject.h"
#include "alloc/library.h"
#include "alloc/preload.h"
#include "alloc/prove.h"
#include "alloc/resolve.h"
#include "alloc/self-heap.h"
#include "alloc/self.h"
#include "alloc/spec.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "cmd/command.h"

/* Everything needed to turn a contender's text into a row of the result. */
struct admission {
	struct measure *measure;
	struct contender_spec baseline;
	struct contender_list list;
	struct library_set libraries;
	const char *workload;            /* to prove each with; NULL: a user's program */
	struct identification *program;  /* NULL: built-in cases */
	const struct program_look *look; /* NULL once it has looked */
	struct strbuf notes;
};

#define _cleanup_admission_ __attribute__((cleanup(admission_release)))

static void admission_release(struct admission *admission)
{
	contender_spec_release(&admission->baseline);
	contender_list_release(&admission->list);
	library_set_release(&admission->libraries);
	strbuf_release(&admission->notes);
}

static int parse_texts(struct admission *admission, const char *default_baseline, struct error *err)
{
	const struct measure *measure = admission->measure;
	const char *baseline = measure->baseline ? measure->baseline : default_baseline;
	int r = contender_spec_parse(baseline, &admission->baseline, err);

	if (r < 0)
		return r;
	return contender_list_parse(measure->contenders ? measure->contenders : "all",
				    &admission->list, err);
}

static void find_libraries(struct admission *admission)
{
	_cleanup_library_search_ struct library_search search = { 0 };

	library_search_init(&search, MADVISOR_LIBDIR);
	search.rights = &admission->measure->rights;
	library_set_discover(&admission->libraries, &search);
}

static bool is_self(const struct contender_spec *spec)
{
	return spec->name && !strcmp(spec->name, CONTENDER_SELF);
}

/* Whether `self` is the C library's allocator already, so that "all" needs no second one. */
static bool is_redundant(const struct admission *admission, const struct contender_spec *spec,
			 const struct contender *contender)
{
	const struct identification *program = admission->program;

	return program && spec->all && !contender->library && program->heap_count &&
	       program->heaps[0].how == HEAP_LIBC;
}

void contender_inject_libc(struct contender *contender, const struct identification *program,
			   const struct library_set *libraries)
{
	if (contender->library || contender_name_is_self(contender->name) || !program->heap_count ||
	    program->heaps[0].how == HEAP_LIBC)
		return;
	for (size_t i = 0; i < libraries->count; i++)
		if (libraries->items[i].origin == LIBRARY_LIBC)
			contender->library = xstrdup(libraries->items[i].path);
}

/* Expands an item of a list to contenders, which the caller owns. */
static int resolve(struct admission *admission, const struct contender_spec *spec,
		   struct contender **ret, size_t *ret_count, struct error *err)
{
	const struct contender_list list = { (struct contender_spec *)spec, 1, 1 };

	if (!admission->program || !is_self(spec))
		return contender_list_resolve(&list, &admission->libraries, ret, ret_count,
					      &admission->notes, err);
	if (admission->look && self_heap_is_elsewhere(spec, admission->program)) {
		admission->look->look(admission->look->context, admission->program);
		admission->look = NULL;
	}
	struct contender *self = xcalloc(1, sizeof(*self));
	int r = contender_resolve_self(spec, admission->program, &admission->measure->rights, self,
				       &admission->notes, err);
	if (r < 0) {
		free(self);
		return r;
	}
	*ret = self;
	*ret_count = 1;
	return 0;
}

static int prove(const struct admission *admission, struct contender *contender, struct error *err)
{
	if (!admission->workload)
		return 0;
	return contender_prove(contender, admission->workload, &admission->measure->rights, err);
}

/*
 * Adds a row for each contender of an item of a list. A contender that does not serve malloc is an
 * error if it was named, and is left out with a warning if it came with "all".
 */
static int admit(struct admission *admission, const struct contender_spec *spec,
		 enum contender_role role, struct error *err)
{
	struct result *result = &admission->measure->result;
	struct contender *items = NULL;
	size_t count = 0;
	int r = resolve(admission, spec, &items, &count, err);

	for (size_t i = 0; i < count; i++) {
		struct error unproven = ERROR_INIT;
		bool unwanted = r < 0 || result_find_contender(result, items[i].name) != SIZE_MAX ||
				is_redundant(admission, spec, &items[i]);

		if (admission->program)
			contender_inject_libc(&items[i], admission->program, &admission->libraries);
		if (!unwanted && prove(admission, &items[i], &unproven) == 0) {
			items[i].role = role;
			*result_add_contender(result) = items[i];
			continue;
		}
		contender_release(&items[i]);
		if (unwanted)
			continue;
		if (spec->all) {
			command_warn(&unproven);
			continue;
		}
		r = -unproven.code;
		if (err)
			*err = unproven;
	}
	free(items);
	return r;
}

/* Notes the variables removed from the user's environment, and conflicts of settings. */
static void show_notes(struct admission *admission)
{
	const struct measure *measure = admission->measure;
	char **removed = environment_removed(identity_environment(&measure->setup.identity));
	char *rest = admission->notes.buf, *line;

	for (size_t i = 0; removed[i] && !measure->quiet; i++)
		command_note("%s in your environment is set aside%s", removed[i],
			     admission->program ? ", but for self" : "");
	strv_free(removed);
	while (!measure->quiet && (line = strsep(&rest, "\n")))
		if (*line)
			command_note("%s", line);
}

static int admit_all(struct admission *admission, struct error *err)
{
	int r = admit(admission, &admission->baseline, ROLE_BASELINE, err);

	for (size_t i = 0; r == 0 && i < admission->list.count; i++)
		r = admit(admission, &admission->list.items[i], ROLE_CONTENDER, err);
	if (r == 0)
		show_notes(admission);
	return r;
}

int measure_resolve_contenders(struct measure *measure, const char *workload, struct error *err)
{
	_cleanup_admission_ struct admission admission = {
		.measure = measure,
		.workload = workload,
		.notes = STRBUF_INIT,
	};
	int r = parse_texts(&admission, "glibc", err);

	if (r < 0)
		return r;
	find_libraries(&admission);
	return admit_all(&admission, err);
}

/* A program that cannot be started counts as ERROR_TARGET. */
int identify_program(const struct measure *measure, const char *program, struct identification *ret,
		     struct error *err)
{
	struct error unknown = ERROR_INIT;
	int r = identify_file(program, identity_environment(&measure->setup.identity), ret,
			      &unknown);

	if (r == 0 && access(ret->path, X_OK) == 0)
		return 0;
	if (r == 0) {
		r = error_set(&unknown, ERROR_TARGET, EACCES, "%s: not executable", program);
		error_hint(&unknown,
			   "make it so with chmod +x, or name the interpreter that runs it");
		identification_release(ret);
	} else if (r == -ENOEXEC) {
		error_hint(&unknown, "a script needs a first line such as #!/bin/sh; or name the "
				     "interpreter that runs it");
	}
	error_prefix(&unknown, "cannot run");
	unknown.kind = unknown.kind == ERROR_USAGE ? ERROR_TARGET : unknown.kind;
	if (err)
		*err = unknown;
	else
		error_release(&unknown);
	return r;
}

void measure_follow_shim(struct measure *measure, char **argv, char **ret_file)
{
	_cleanup_shim_target_ struct shim_target shim = { 0 };

	*ret_file = NULL;
	/* `rustc +nightly`: rustup takes that argument, the compiler does not. */
	if (argv[1] && argv[1][0] == '+')
		return;
	shim_follow_command(argv[0], identity_environment(&measure->setup.identity), &shim);
	if (!shim.file)
		return;
	result_add_note(&measure->result, "%s is %s's shim of %s: that is measured",
			path_name(argv[0]), shim.manager, shim.file);
	*ret_file = argv[0] = TAKE_PTR(shim.file);
}

/* Whether some requested contender has to be preloaded. */
static bool wants_preload(const struct admission *admission)
{
	if (!is_self(&admission->baseline))
		return true;
	for (size_t i = 0; i < admission->list.count; i++)
		if (!is_self(&admission->list.items[i]))
			return true;
	return false;
}

int measure_resolve_for_program(struct measure *measure, const char *program,
				const struct program_look *look, struct error *err)
{
	_cleanup_identification_ struct identification identification = { 0 };
	_cleanup_admission_ struct admission admission = {
		.measure = measure,
		.program = &identification,
		.look = look,
		.notes = STRBUF_INIT,
	};
	int r = parse_texts(&admission, CONTENDER_SELF, err);

	if (r == 0)
		r = identify_program(measure, program, &identification, err);
	if (r == 0 && wants_preload(&admission))
		r = program_check_preload(&identification, err);
	if (r < 0)
		return r;
	find_libraries(&admission);
	return admit_all(&admission, err);
}

static int add_build(struct measure *measure, const struct build *build, const char *name,
		     enum contender_role role, struct error *err)
{
	_cleanup_identification_ struct identification identification = { 0 };
	const struct contender_spec as_it_is = { .name = (char[]){ CONTENDER_SELF } };
	struct contender contender = { 0 };
	int r = identify_program(measure, build->program, &identification, err);

	if (r == 0)
		r = contender_resolve_self(&as_it_is, &identification, &measure->rights, &contender,
					   NULL, err);
	if (r < 0)
		return r;
	free(contender.name);
	contender.name = xstrdup(name);
	contender.role = role;
	contender.build = xstrdup(build->text);
	*result_add_contender(&measure->result) = contender;
	return 0;
}

int measure_resolve_builds(struct measure *measure, const struct build *old,
			   const struct build *new, struct error *err)
{
	int r = add_build(measure, old, "old", ROLE_BASELINE, err);

	return r < 0 ? r : add_build(measure, new, "new", ROLE_CONTENDER, err);
}

bool measure_takes_all(const struct measure *measure)
{
	_cleanup_contender_list_ struct contender_list list = { 0 };

	if (!measure->contenders)
		return true;
	if (contender_list_parse(measure->contenders, &list, NULL) < 0)
		return false;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].all)
			return true;
	return false;
}

int measure_check_program(const struct measure *measure, const char *program, struct error *err)
{
	_cleanup_identification_ struct identification identification = { 0 };
	const struct result *result = &measure->result;
	int r = identify_program(measure, program, &identification, err);

	for (size_t i = 0; r == 0 && i < result->contender_count; i++) {
		const struct contender *contender = &result->contenders[i];
		const char *variable =
			identification.heap_count ? identification.heaps[0].env_var : NULL;

		if (!contender_is_own(contender))
			r = program_check_preload(&identification, err);
		else if (contender->env_var && contender->setting_count &&
			 (!variable || strcmp(variable, contender->env_var) != 0))
			r = error_set(err, ERROR_USAGE, EINVAL,
				      "contender '%s': %s does not read its settings from %s",
				      contender->name, program, contender->env_var);
	}
	return r;
}
