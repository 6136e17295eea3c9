/* SPDX-License-Identifier: MIT */
/* The allocators whose settings are searched. A part of cmd/tune. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "alloc/prove.h"
#include "alloc/resolve.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "cmd/command.h"
#include "cmd/tune-target.h"

static struct measure *measure_of(const struct target *target)
{
	return &target->options->compare.measure;
}

static void add_to_space(struct space *space, const struct contender *contender)
{
	space_add(space, contender->name,
		  contender->allocator
			  ? setting_catalogue_find(allocator_catalogue(), contender->allocator)
			  : NULL,
		  contender->version);
}

/* Whether it is what the space has already: under that name, or as the program's own. */
static bool is_there(const struct target *target, const struct space *space,
		     const struct contender *contender)
{
	const struct contender *initial = &measure_of(target)->result.contenders[0];

	for (size_t i = 0; i < space->allocator_count; i++)
		if (!strcmp(space->allocators[i], contender->name))
			return true;
	return !contender->library && !initial->library && contender->allocator &&
	       initial->allocator && !strcmp(contender->allocator, initial->allocator);
}

/* Adds what a spec stands for. The spec is taken over. */
static int add_other(struct target *target, struct contender_spec *spec, bool lenient,
		     struct space *space, struct error *err)
{
	_cleanup_error_ struct error unproven = ERROR_INIT;
	struct contender contender = { 0 };
	int r = target_resolve_spec(target, spec, &contender, &unproven);

	if (r == 0 && is_there(target, space, &contender)) {
		contender_release(&contender);
		contender_spec_release(spec);
		return 0;
	}
	if (r == 0 && target->options->case_name) {
		r = contender_prove(&contender, target->catalogue.program,
				    &measure_of(target)->rights, &unproven);
	}
	if (r == 0) {
		add_to_space(space, &contender);
		*ARRAY_PUSH(target->specs.items, target->specs.count, target->specs.alloc) = *spec;
	} else {
		contender_spec_release(spec);
	}
	contender_release(&contender);
	if (r < 0 && lenient) {
		command_warn(&unproven);
		return 0;
	}
	if (r < 0 && err) {
		*err = unproven;
		unproven = (struct error)ERROR_INIT;
	}
	return r;
}

/* Every allocator that is found, in its newest version. */
static int add_all(struct target *target, const struct contender_spec *all, struct space *space,
		   struct error *err)
{
	const struct contender_list list = { (struct contender_spec *)all, 1, 1 };
	struct contender *items = NULL;
	size_t count = 0;
	int r = contender_list_resolve(&list, &target->libraries, &items, &count, NULL, err);

	for (size_t i = 0; i < count; i++) {
		struct contender_spec spec = { 0 };

		if (r == 0)
			r = contender_spec_parse(items[i].name, &spec, err);
		if (r == 0)
			r = add_other(target, &spec, true, space, err);
		contender_release(&items[i]);
	}
	free(items);
	return r;
}

static int add_others(struct target *target, struct space *space, struct error *err)
{
	_cleanup_contender_list_ struct contender_list list = { 0 };
	int r = target->options->contenders
			? contender_list_parse(target->options->contenders, &list, err)
			: 0;

	for (size_t i = 0; r == 0 && i < list.count; i++) {
		struct contender_spec spec = list.items[i];

		if (spec.setting_count) {
			error_set(err, ERROR_USAGE, EINVAL, "--contenders with settings");
			error_hint(
				err,
				"name allocators alone; settings to confirm go to --compare-with");
			return -EINVAL;
		}
		if (spec.all) {
			r = add_all(target, &spec, space, err);
			continue;
		}
		list.items[i] = (struct contender_spec){ 0 };
		r = add_other(target, &spec, false, space, err);
	}
	return r;
}

int target_build_space(struct target *target, struct space *ret, struct error *err)
{
	const struct contender *initial = &measure_of(target)->result.contenders[0];

	add_to_space(ret, initial);
	int r = add_others(target, ret, err);
	if (r < 0 || ret->count)
		return r;
	if (!initial->allocator) {
		error_set(
			err, ERROR_USAGE, EINVAL,
			"which allocator serves the program is not known: there is nothing to search");
		error_hint(
			err,
			"`madvisor identify` says what is known; or name one: --contender jemalloc, --contenders all");
	} else {
		error_set(err, ERROR_USAGE, EINVAL, "%s has no settings to search",
			  initial->allocator);
		error_hint(
			err,
			"`madvisor list settings` shows which allocators have; --contenders all tries "
			"the others");
	}
	return -EINVAL;
}
