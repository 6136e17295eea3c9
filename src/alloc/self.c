/* SPDX-License-Identifier: MIT */
#include "alloc/self.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "alloc/configure.h"
#include "alloc/judge.h"
#include "alloc/self-heap.h"
#include "identify/loadable.h"
#include "alloc/setting.h"
#include "base/caller.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"

static void describe(const struct heap *heap, struct contender *ret)
{
	const char *how = heap ? heap_how_text(heap->how) : NULL;

	ret->role = ROLE_CONTENDER;
	if (!heap)
		return;
	ret->allocator = heap->allocator ? xstrdup(heap->allocator) : NULL;
	ret->version = heap->version ? xstrdup(heap->version) : NULL;
	ret->how = how ? xstrdup(how) : NULL;
	ret->env_var = heap->env_var ? xstrdup(heap->env_var) : NULL;
}

/* Checks that the catalogue has its settings, and that it is known where it reads them. */
static int check_settable(const struct contender_spec *spec, const struct identification *program,
			  const struct heap *heap, struct error *err)
{
	_cleanup_free_ char *shown = contender_spec_format(spec, ':');
	int r;

	if (!heap || !heap->allocator) {
		r = error_set(err, ERROR_USAGE, EINVAL,
			      "contender '%s': it is not known which allocator serves %s", shown,
			      program->target);
		error_hint(err, "`madvisor identify --verbose` says what was found");
		return r;
	}
	if (allocator_by_name(heap->allocator) && heap->env_var)
		return 0;
	r = error_set(err, ERROR_USAGE, EINVAL, "contender '%s': %s serves %s, and %s", shown,
		      heap->allocator, program->target,
		      heap->nothing_to_set ? "it reads no settings"
					   : "madvisor knows no settings of it");
	if (heap->set_with)
		error_hint(err, "it is set with %s: compare two shell scripts that set it",
			   heap->set_with);
	else
		error_hint(err, "rebuild the program with another allocator, and compare the two");
	return r;
}

static bool is_library(const struct heap *heap)
{
	return (heap->how == HEAP_NEEDED || heap->how == HEAP_PRELOADED) && heap->object;
}

/*
 * The heap's library, to be asked; false without one. The program chose it, not the user, so it
 * must pass the check of identify/loadable.
 */
static bool open_library(const struct heap *heap, const struct rights *rights, struct library *ret)
{
	const struct allocator *allocator = allocator_by_name(heap->allocator);

	if (heap->how == HEAP_LIBC && allocator == &allocator_glibc) {
		*ret = (struct library){
			.allocator = allocator,
			.name = xstrdup(heap->allocator),
			.path = xstrdup(heap->object ? heap->object : ""),
			.version = heap->version ? xstrdup(heap->version) : NULL,
			.prefix = xstrdup(""),
			.origin = LIBRARY_LIBC,
			.rights = rights,
		};
		return true;
	}
	if (!is_library(heap) || loadable_check(heap->object, rights, NULL) < 0 ||
	    library_open(heap->object, NULL, rights, ret, NULL) < 0)
		return false;
	if (ret->allocator == allocator && library_check_preload(ret, NULL) == 0)
		return true;
	library_release(ret);
	return false;
}

/* Describes an allocator linked into a program as a library. */
static void imagine_library(const struct heap *heap, struct library *ret)
{
	*ret = (struct library){
		.allocator = allocator_by_name(heap->allocator),
		.name = xstrdup(heap->allocator),
		.path = xstrdup(heap->object ? heap->object : ""),
		.version = heap->version ? xstrdup(heap->version) : NULL,
		.prefix = xstrdup(""),
		.origin = LIBRARY_GIVEN,
	};
}

/* An allocator that cannot be asked ignores misspelt settings, so the catalogue must have them. */
static int check_known(const struct draft *draft, struct error *err)
{
	const struct allocator *allocator = draft->library->allocator;

	for (size_t i = 0; !allocator->hear && i < draft->count; i++) {
		_cleanup_setting_verdict_ struct setting_verdict verdict = { 0 };

		setting_judge_key(allocator, draft->library->version, draft->typed[i].key,
				  &verdict);
		if (!verdict.reason)
			continue;
		int r = error_set(err, ERROR_USAGE, EINVAL, "%s", verdict.reason);
		if (verdict.key)
			error_hint(err, "did you mean %s? 'madvisor list settings' shows all",
				   verdict.key);
		else
			error_hint(err, "'madvisor list settings' shows those that madvisor knows");
		return r;
	}
	return 0;
}

/* A prefixed build reads its own variable: "MALLOC_CONF=…" becomes "_RJEM_MALLOC_CONF=…". */
static void rename_variable(struct draft *draft, const char *variable)
{
	if (!draft->library->allocator->append || strchr(variable, '*'))
		return;
	for (size_t i = 0; i < draft->env.count; i++) {
		char *value = strchr(draft->env.items[i], '=');
		char *renamed = xasprintf("%s%s", variable, value);

		free(draft->env.items[i]);
		draft->env.items[i] = renamed;
	}
}

static int configure(const struct contender_spec *spec, const struct heap *heap,
		     struct draft *draft, bool can_be_asked, struct error *err)
{
	int r = can_be_asked ? draft_configure(spec, draft, err)
			     : draft_translate(spec, draft, err);

	if (r == 0 && !can_be_asked)
		r = check_known(draft, err);
	if (r < 0) {
		_cleanup_free_ char *shown =
			contender_spec_format(spec, draft->library->allocator->separator);

		error_prefix(err, "contender '%s'", shown);
		return r;
	}
	rename_variable(draft, heap->env_var);
	return 0;
}

char *self_unasked(const struct identification *program, const struct rights *rights)
{
	const struct heap *heap = program->heap_count ? &program->heaps[0] : NULL;
	_cleanup_error_ struct error err = ERROR_INIT;

	if (!heap || !heap->allocator || !is_library(heap) ||
	    loadable_check(heap->object, rights ? rights : &caller_get()->rights, &err) == 0)
		return NULL;
	return TAKE_PTR(err.message);
}

/* Its name; as it was typed where it names or chooses one of the program's allocators. */
static char *name_of(const struct contender_spec *spec, const struct self_heap *meant,
		     const struct draft *draft)
{
	bool is_plain = !meant->choices.count;

	for (size_t i = 0; is_plain && i < spec->setting_count; i++)
		is_plain = !strcmp(spec->settings[i].key, meant->spec.settings[i].key);
	return is_plain ? draft_name(draft, &meant->spec) : contender_spec_format(spec, ':');
}

/* The settings of the heap that they are meant for. */
static int resolve_settings(const struct self_heap *meant, const struct identification *program,
			    const struct rights *rights, struct library *library,
			    struct draft *draft, char **ret_proof, struct strbuf *notes,
			    struct error *err)
{
	int r = check_settable(&meant->spec, program, meant->heap, err);

	if (r < 0)
		return r;
	bool can_be_asked =
		open_library(meant->heap, rights ? rights : &caller_get()->rights, library);
	if (!can_be_asked)
		imagine_library(meant->heap, library);
	r = configure(&meant->spec, meant->heap, draft, can_be_asked, err);
	if (r < 0)
		return r;
	if (notes && library->allocator->traps)
		library->allocator->traps(draft->translated, draft->count, notes);
	*ret_proof = can_be_asked ? draft_proof(draft) : NULL;
	return 0;
}

int contender_resolve_self(const struct contender_spec *spec, const struct identification *program,
			   const struct rights *rights, struct contender *ret, struct strbuf *notes,
			   struct error *err)
{
	_cleanup_self_heap_ struct self_heap meant = { 0 };
	_cleanup_library_ struct library library = { 0 };
	_cleanup_draft_ struct draft draft = { .library = &library };
	_cleanup_free_ char *proof = NULL;
	int r;

	*ret = (struct contender){ 0 };
	if (!spec->setting_count) {
		describe(program->heap_count ? &program->heaps[0] : NULL, ret);
		ret->name = xstrdup(CONTENDER_SELF);
		ret->proof = xstrdup("nothing is changed");
		return 0;
	}
	r = self_heap_find(spec, program, &meant, err);
	if (r == 0 && meant.spec.setting_count)
		r = resolve_settings(&meant, program, rights, &library, &draft, &proof, notes, err);
	if (r < 0)
		return r;
	describe(meant.heap, ret);
	ret->name = name_of(spec, &meant, &draft);
	ret->proof = meant.spec.setting_count ? TAKE_PTR(proof)
					      : xstrdup("the variable that chooses it is set");
	ret->setting_count = draft.count;
	ret->settings = TAKE_PTR(draft.typed);
	for (size_t i = 0; i < meant.choices.count; i++)
		assignments_addf(&draft.env, "%s", meant.choices.items[i]);
	ret->env = TAKE_PTR(draft.env.items);
	return 0;
}

bool self_needs_asking(const struct contender *contender)
{
	const struct allocator *allocator =
		contender->allocator ? allocator_by_name(contender->allocator) : NULL;

	return contender_name_is_self(contender->name) && contender->setting_count &&
	       !contender->proof && allocator && allocator->ask;
}

/* If the allocator reports its values, every requested one must be among them. */
static int check_used(const struct contender *contender, const struct allocator *allocator,
		      const struct option_map *used, struct error *err)
{
	for (size_t i = 0; used->count && i < contender->setting_count; i++) {
		const struct setting *setting = &contender->settings[i];
		const struct setting_info *info = setting_info_find(allocator, setting->key);
		const struct setting *found = option_map_find(used, setting->key);
		_cleanup_free_ char *value = NULL;
		int64_t number;
		int r = setting_translate(allocator, info, setting->value, &value, &number, err);

		if (r < 0)
			return r;
		if (found && (!found->value || setting_values_equal(found->value, value)))
			continue;
		if (found)
			r = error_set(err, ERROR_USAGE, EINVAL, "it uses %s=%s", setting->key,
				      found->value);
		else
			r = error_set(err, ERROR_USAGE, EINVAL, "it has no setting %s",
				      setting->key);
		error_hint(err, "'madvisor list settings' shows those of %s that madvisor knows",
			   allocator->name);
		return r;
	}
	return 0;
}

int self_judge_answer(struct contender *contender, const char *text, struct error *err)
{
	const struct allocator *allocator = allocator_by_name(contender->allocator);
	_cleanup_option_map_ struct option_map used = { 0 };
	int r = allocator->hear(text, &used, err);

	if (r == 0)
		r = check_used(contender, allocator, &used, err);
	else
		error_hint(err, "'madvisor list settings' shows those of %s that madvisor knows",
			   allocator->name);
	if (r < 0) {
		error_prefix(err, "contender '%s'", contender->name);
		return r;
	}
	contender->proof =
		xasprintf("the program itself takes its settings, asked with %s", allocator->ask);
	return 0;
}
