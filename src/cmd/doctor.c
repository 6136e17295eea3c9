/* SPDX-License-Identifier: MIT */
/* `madvisor doctor`: what can and cannot be measured here, and remedies. Read-only. */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "alloc/inventory.h"
#include "base/array.h"
#include "base/rootfs.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "cmd/listing.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/table.h"
#include "launch/memory-group.h"
#include "machine/capability.h"
#include "machine/memory.h"
#include "run/workload.h"

/* Long enough for the kernel's count of stolen ticks to move, short enough to wait for. */
#define STEAL_INTERVAL_NS (500 * NS_PER_MS)

static const struct table_column columns[] = {
	{ "", "state", false },
	{ "WHAT", "what", false },
	{ "FOUND", "found", true },
	{ "REMEDY", "remedy", true },
};

static void add_row(struct text_table *table, enum capability_state state, const char *name,
		    const char *detail, const char *remedy)
{
	static const char *const marks[] = {
		[CAPABILITY_YES] = "ok",
		[CAPABILITY_PARTLY] = "partly",
		[CAPABILITY_NO] = "no",
		[CAPABILITY_FACT] = "",
	};

	table_add_row(table,
		      (const char *const[]){ marks[state], name, detail, remedy ? remedy : "" });
}

static void add_group(struct text_table *table, const struct capabilities *list,
		      enum capability_group group)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct capability *item = &list->items[i];

		if (item->group == group)
			add_row(table, item->state, item->name, item->detail, item->remedy);
	}
}

static void add_allocator(struct text_table *table, const struct inventory_row *row)
{
	_cleanup_strbuf_ struct strbuf detail = STRBUF_INIT;

	switch (row->state) {
	case INVENTORY_PROVEN:
	case INVENTORY_UNTRIED:
		strbuf_addf(&detail, "%s%s%s", row->version ? row->version : "version unknown",
			    row->path ? ", " : "", row->path ? row->path : "");
		add_row(table, row->state == INVENTORY_PROVEN ? CAPABILITY_YES : CAPABILITY_PARTLY,
			row->name, detail.buf, NULL);
		return;
	case INVENTORY_LINKED:
	case INVENTORY_FAILED:
		add_row(table, CAPABILITY_FACT, row->name, row->problem, NULL);
		return;
	case INVENTORY_MISSING:
		add_row(table, CAPABILITY_NO, row->name, "missing", row->remedy);
		return;
	}
}

static void list_allocators(struct listing *listing, const char *workload)
{
	_cleanup_library_search_ struct library_search search = { 0 };
	_cleanup_library_set_ struct library_set libraries = { 0 };
	struct text_table *table = table_new(columns, ARRAY_SIZE(columns));
	struct inventory inventory = { 0 };

	library_search_init(&search, MADVISOR_LIBDIR);
	library_set_discover(&libraries, &search);
	inventory_init(&inventory, &libraries, workload);
	for (size_t i = 0; i < inventory.count; i++)
		add_allocator(table, &inventory.rows[i]);
	inventory_release(&inventory);
	listing_add_table(listing, "allocators", "Allocators", table);
}

/* Finding the place may move madvisor; that is taken back. */
static void add_memory_group(struct text_table *table)
{
	struct memory_place place;
	const char *reason;

	memory_place_find(&rootfs_real, &place, &reason);
	add_row(table, place.version == MEMORY_NONE ? CAPABILITY_PARTLY : CAPABILITY_YES,
		"peak of all processes",
		place.version == MEMORY_NONE ? "not known: no control group for the runs"
					     : "by a control group for each run",
		reason);
	memory_place_leave(&place);
}

static void list_capabilities(struct listing *listing, const struct capabilities *list)
{
	static const struct {
		enum capability_group group;
		const char *key, *title;
	} sections[] = {
		{ CAPABILITIES_PROBES, "probes", "Probes: what can be seen" },
		{ CAPABILITIES_KERNEL, "kernel", "What the probes depend on" },
		{ CAPABILITIES_STEADY, "steadiness", "How steady timings are" },
		{ CAPABILITIES_MEMORY, "memory", "Memory" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		struct text_table *table = table_new(columns, ARRAY_SIZE(columns));

		add_group(table, list, sections[i].group);
		if (sections[i].group == CAPABILITIES_MEMORY) {
			_cleanup_strbuf_ struct strbuf limit = STRBUF_INIT;

			format_bytes(&limit, (double)memory_max_default_bytes(&rootfs_real));
			add_row(table, CAPABILITY_FACT, "memory guard", limit.buf, NULL);
			add_memory_group(table);
		}
		listing_add_table(listing, sections[i].key, sections[i].title, table);
	}
}

static const struct argp_option options[] = {
	LISTING_FORMAT_OPTION,
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	if (key != LISTING_FORMAT)
		return ARGP_ERR_UNKNOWN;
	*json = listing_format_is_json(arg);
	return 0;
}

static const struct argp *doctor_argp(void)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.doc = "Says what can be measured on this machine, what not, and what would help. Changes "
		       "nothing.",
	};

	return &argp;
}

static int doctor_main(int argc, char **argv)
{
	_cleanup_capabilities_ struct capabilities list = CAPABILITIES_INIT;
	struct workload_catalogue catalogue = { 0 };
	struct error err = ERROR_INIT;
	struct listing listing;
	bool json = false;

	arguments_parse(doctor_argp(), argc, argv, 0, &json);
	capabilities_try(probe_ladder(), &list);
	capabilities_inspect(&rootfs_real, STEAL_INTERVAL_NS, &list);
	int r = workload_catalogue_load(&catalogue, &err);
	listing_init(&listing, "madvisor.doctor/1", json);
	listing_add_truth(&listing, "can_measure", r == 0);
	list_capabilities(&listing, &list);
	list_allocators(&listing, catalogue.program);
	listing_finish(&listing);
	workload_catalogue_release(&catalogue);
	if (r < 0)
		return command_fail(&err);
	if (!json)
		puts("madvisor can measure here.");
	return EXIT_DONE;
}

const struct command_entry command_doctor = {
	"doctor",    "what this machine can measure, what not, and the remedy",
	doctor_main, doctor_argp,
	false,
};
