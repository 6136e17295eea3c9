/* SPDX-License-Identifier: MIT */
/* `madvisor list`: the available allocators, cases, settings and probes. */
#include <argp.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "alloc/inventory.h"
#include "base/array.h"
#include "base/slip.h"
#include "cmd/listing.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/table.h"
#include "probe/probe.h"
#include "run/workload.h"

enum { OPTION_NAMES = 0x4000 };

struct list_request {
	const char *what;
	const char *allocator; /* whose settings; NULL: all */
	bool names;
	bool json;
};

static void discover(struct library_set *libraries)
{
	_cleanup_library_search_ struct library_search search = { 0 };

	library_search_init(&search, MADVISOR_LIBDIR);
	library_set_discover(libraries, &search);
}

/* Shows the list, but where names alone were asked for. Frees the table. */
static void show(const struct list_request *request, struct text_table *table)
{
	struct listing listing;

	if (request->names) {
		table_free(table);
		return;
	}
	listing_init(&listing, "madvisor.list/1", request->json);
	listing_add_text(&listing, "list", request->what);
	listing_add_table(&listing, "rows", NULL, table);
	listing_finish(&listing);
}

static const char *effect_text(const struct inventory_row *row)
{
	switch (row->state) {
	case INVENTORY_PROVEN:
		return row->proof ? row->proof : "yes";
	case INVENTORY_UNTRIED:
		return "not tried: madvisor-workload is missing";
	case INVENTORY_LINKED:
	case INVENTORY_FAILED:
		return row->problem;
	case INVENTORY_MISSING:
		return row->remedy;
	}
	return NULL;
}

static const char *state_text(enum inventory_state state)
{
	static const char *const texts[] = {
		[INVENTORY_PROVEN] = "works",     [INVENTORY_UNTRIED] = "untried",
		[INVENTORY_LINKED] = "linked in", [INVENTORY_FAILED] = "refused",
		[INVENTORY_MISSING] = "missing",
	};

	return texts[state];
}

static int list_allocators(const struct list_request *request, struct error *err)
{
	static const struct table_column columns[] = {
		{ "NAME", "name", false },       { "STATE", "state", false },
		{ "VERSION", "version", false }, { "INJECTED BY", "injected_by", false },
		{ "LIBRARY", "library", false }, { "PROOF, OR REMEDY", "proof_or_remedy", true },
	};
	_cleanup_library_set_ struct library_set libraries = { 0 };
	struct workload_catalogue catalogue = { 0 };
	struct error no_workload = ERROR_INIT;
	struct inventory inventory = { 0 };

	(void)err;
	discover(&libraries);
	if (workload_catalogue_load(&catalogue, &no_workload) < 0)
		command_warn(&no_workload);
	inventory_init(&inventory, &libraries, catalogue.program);
	struct text_table *table = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < inventory.count; i++) {
		const struct inventory_row *row = &inventory.rows[i];
		const char *const cells[] = { row->name,    state_text(row->state),
					      row->version, row->injected,
					      row->path,    effect_text(row) };

		if (!request->names)
			table_add_row(table, cells);
		else if (row->state == INVENTORY_PROVEN || row->state == INVENTORY_UNTRIED)
			puts(row->name);
	}
	show(request, table);
	inventory_release(&inventory);
	workload_catalogue_release(&catalogue);
	return 0;
}

static int list_cases(const struct list_request *request, struct error *err)
{
	static const struct table_column columns[] = {
		{ "CASE", "case", false },
		{ "SUITES", "suites", false },
		{ "WHAT IT DOES", "what_it_does", true },
	};
	struct workload_catalogue catalogue = { 0 };
	int r = workload_catalogue_load(&catalogue, err);

	if (r < 0)
		return r;
	struct text_table *table = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < catalogue.count; i++) {
		const struct workload_item *item = &catalogue.cases[i];

		if (request->names)
			puts(item->name);
		else
			table_add_row(table, (const char *const[]){ item->name, item->suites,
								    item->description });
	}
	show(request, table);
	workload_catalogue_release(&catalogue);
	return 0;
}

/* Whether it is one of those that have settings. */
static int check_allocator(const char *name, const struct setting_table *settings,
			   struct error *err)
{
	_cleanup_strbuf_ struct strbuf names = STRBUF_INIT;
	struct slip slip;

	slip_init(&slip, name);
	for (size_t i = 0; i < settings->count; i++) {
		const char *allocator = settings->rows[i].allocator;

		if (!strcmp(allocator, name))
			return 0;
		if (i && !strcmp(allocator, settings->rows[i - 1].allocator))
			continue;
		slip_consider(&slip, allocator);
		strbuf_addf(&names, "%s%s", names.len ? ", " : "", allocator);
	}
	error_set(err, ERROR_USAGE, EINVAL, "no allocator with settings: %s", name);
	error_hint(err, "%s%s%sthere are: %s", slip.best ? "did you mean " : "",
		   slip.best ? slip.best : "", slip.best ? "? " : "", names.buf);
	return -EINVAL;
}

static int list_settings(const struct list_request *request, struct error *err)
{
	static const struct table_column columns[] = {
		{ "ALLOCATOR", "allocator", false },
		{ "SETTING", "setting", false },
		{ "VARIABLE", "variable", false },
		{ "DEFAULT", "default", false },
		{ "RANGE", "range", false },
		{ "WORTH TRYING", "worth_trying", false },
		{ "WHY", "why", true },
		{ "RISK", "risk", true },
		{ "NOTE", "note", true },
	};
	_cleanup_library_set_ struct library_set libraries = { 0 };
	struct setting_table settings = { 0 };

	discover(&libraries);
	setting_table_init(&settings, &libraries, NULL);
	int r = request->allocator ? check_allocator(request->allocator, &settings, err) : 0;
	if (r < 0) {
		setting_table_release(&settings);
		return r;
	}
	struct text_table *table = table_new(columns, ARRAY_SIZE(columns));
	for (size_t i = 0; i < settings.count; i++) {
		const struct setting_row *row = &settings.rows[i];
		const char *const cells[] = { row->allocator, row->key,   row->variable,
					      row->fallback,  row->range, row->search,
					      row->why,       row->risk,  row->note };

		if (request->allocator && strcmp(row->allocator, request->allocator) != 0)
			continue;
		if (request->names)
			puts(row->key);
		else
			table_add_row(table, cells);
	}
	show(request, table);
	setting_table_release(&settings);
	return 0;
}

static int list_probes(const struct list_request *request, struct error *err)
{
	static const struct table_column columns[] = {
		{ "PROBE", "probe", false }, { "HERE", "here", false },    { "USES", "uses", true },
		{ "GIVES", "gives", true },  { "REMEDY", "remedy", true },
	};
	const struct probe *const *ladder = probe_ladder();
	struct text_table *table = table_new(columns, ARRAY_SIZE(columns));

	(void)err;
	for (size_t i = 0; ladder[i]; i++) {
		_cleanup_error_ struct error unusable = ERROR_INIT;
		bool works = ladder[i]->check(&unusable) == 0;
		_cleanup_strbuf_ struct strbuf remedy = STRBUF_INIT;

		if (!works)
			strbuf_addf(&remedy, "%s; %s", unusable.message,
				    unusable.hint ? unusable.hint : "no remedy is known");
		const char *const cells[] = { ladder[i]->name, works ? "works" : "no",
					      ladder[i]->description, ladder[i]->gives,
					      works ? NULL : remedy.buf };
		if (request->names)
			puts(ladder[i]->name);
		else
			table_add_row(table, cells);
	}
	show(request, table);
	return 0;
}

static const struct {
	const char *what;
	int (*list)(const struct list_request *request, struct error *err);
} lists[] = {
	{ "allocators", list_allocators },
	{ "cases", list_cases },
	{ "settings", list_settings },
	{ "probes", list_probes },
};

static const struct argp_option options[] = {
	{ "names", OPTION_NAMES, NULL, 0, "only names, one a line", 0 },
	LISTING_FORMAT_OPTION,
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct list_request *request = state->input;

	switch (key) {
	case OPTION_NAMES:
		request->names = true;
		return 0;
	case LISTING_FORMAT:
		request->json = listing_format_is_json(arg);
		return 0;
	case ARGP_KEY_ARG:
		if (request->allocator || (request->what && strcmp(request->what, "settings") != 0))
			argp_error(state, "one list at a time");
		if (request->what)
			request->allocator = arg;
		else
			request->what = arg;
		return 0;
	case ARGP_KEY_END:
		if (request->names && request->json)
			argp_error(state, "--names and --format json: one of the two");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static int list_what(const struct list_request *request, struct error *err)
{
	for (size_t i = 0; request->what && i < ARRAY_SIZE(lists); i++)
		if (!strcmp(lists[i].what, request->what))
			return lists[i].list(request, err);
	struct slip slip = { 0 };

	if (request->what)
		slip_init(&slip, request->what);
	for (size_t i = 0; request->what && i < ARRAY_SIZE(lists); i++)
		slip_consider(&slip, lists[i].what);
	error_set(err, ERROR_USAGE, EINVAL, request->what ? "no such list: %s" : "list what?%s",
		  request->what ? request->what : "");
	error_hint(err, "%s%s%sthere are: allocators, cases, settings, probes",
		   slip.best ? "did you mean " : "", slip.best ? slip.best : "",
		   slip.best ? "? " : "");
	return -EINVAL;
}

static const struct argp *list_argp(void)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "allocators|cases|settings [ALLOCATOR]|probes",
		.doc = "Shows what there is: every allocator with its proof of effect, every named case, every "
		       "setting with its reason and risk, every probe and whether it works here.",
	};

	return &argp;
}

static int list_main(int argc, char **argv)
{
	struct list_request request = { 0 };
	struct error err = ERROR_INIT;

	arguments_parse(list_argp(), argc, argv, 0, &request);
	return list_what(&request, &err) < 0 ? command_fail(&err) : (int)EXIT_DONE;
}

const struct command_entry command_list = {
	"list", "the allocators, cases, settings and probes there are", list_main, list_argp, false,
};
