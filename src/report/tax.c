/* SPDX-License-Identifier: MIT */
/* Where a program's kernel time goes: faults by what caused them, and calls that give and take memory. */
#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "report/produce.h"

/* Owners of a smaller part of the CPU time are not shown. */
#define LEAST_SHARE 0.002

enum {
	COLUMN_NAME,
	COLUMN_COUNT,
	COLUMN_RATE,
	COLUMN_OF_FAULTS,
	COLUMN_BYTES,
	COLUMN_TIME,
	COLUMN_OF_CPU,
	COLUMNS,
};

static const struct column columns[COLUMNS] = {
	[COLUMN_NAME] = { .title = "what" },
	[COLUMN_COUNT] = { .title = "count", .numeric = true },
	[COLUMN_RATE] = { .title = "a second", .numeric = true, .dispensable = 2 },
	[COLUMN_OF_FAULTS] = { .title = "of faults", .numeric = true },
	[COLUMN_BYTES] = { .title = "bytes", .numeric = true, .dispensable = 1 },
	[COLUMN_TIME] = { .title = "CPU time", .numeric = true },
	[COLUMN_OF_CPU] = { .title = "of CPU time", .numeric = true },
};

static const struct {
	enum metric_id id;
	const char *name;
} classes[] = {
	{ METRIC_FIRST_TOUCH_FAULTS, "  first touch" },
	{ METRIC_REFAULTS_DONTNEED, "  refault after madvise(DONTNEED)" },
	{ METRIC_REFAULTS_FREE, "  refault after madvise(FREE)" },
	{ METRIC_REFAULTS_MUNMAP, "  refault after munmap" },
	{ METRIC_REFAULTS_BRK, "  refault after brk" },
	{ METRIC_REFAULTS_MREMAP, "  refault after mremap" },
	{ METRIC_REFAULTS_MMAP, "  refault after mmap over it" },
	{ METRIC_COW_FAULTS, "  copy after fork" },
	{ METRIC_REPEAT_FAULTS, "  repeat" },
	{ METRIC_UNKNOWN_FAULTS, "  unknown: before madvisor looked" },
	{ METRIC_LOST_FAULTS, "  lost: what was known of the page" },
};

static const struct {
	enum metric_id calls, bytes, ns;
	const char *name;
} calls[] = {
	{ METRIC_MADVISE_DONTNEED_CALLS, METRIC_MADVISE_DONTNEED_BYTES, METRIC_MADVISE_DONTNEED_NS,
	  "madvise(DONTNEED)" },
	{ METRIC_MADVISE_FREE_CALLS, METRIC_MADVISE_FREE_BYTES, METRIC_MADVISE_FREE_NS,
	  "madvise(FREE)" },
	{ METRIC_MMAP_CALLS, METRIC_MMAP_BYTES, METRIC_MMAP_NS, "mmap" },
	{ METRIC_MUNMAP_CALLS, METRIC_MUNMAP_BYTES, METRIC_MUNMAP_NS, "munmap" },
	{ METRIC_MREMAP_CALLS, METRIC_MREMAP_BYTES, METRIC_MREMAP_NS, "mremap" },
	{ METRIC_BRK_CALLS, METRIC_BRK_BYTES, METRIC_BRK_NS, "brk" },
	{ METRIC_MPROTECT_CALLS, METRIC_MPROTECT_BYTES, METRIC_MPROTECT_NS, "mprotect" },
	{ METRIC_POPULATE_CALLS, METRIC_COUNT, METRIC_POPULATE_NS, "mlock, madvise(POPULATE)" },
	{ METRIC_EXEC_CALLS, METRIC_COUNT, METRIC_EXEC_NS, "exec" },
	{ METRIC_FORK_CALLS, METRIC_COUNT, METRIC_FORK_NS, "fork" },
};

/* A table in the making: its figures are all of one run, so that shares are of the same time. */
struct account {
	const struct production *production;
	const struct metrics *metrics;
	struct cell cells[COLUMNS];
};

static double get(const struct account *account, enum metric_id id)
{
	return account->metrics->value[id];
}

/* The run that findings are drawn from: the first observed one of the program as it is. */
static const struct run *observed_run(const struct production *production)
{
	const struct result *result = production->result;

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (run->contender_index == production->baseline && run->observed && !run->error)
			return run;
	}
	return NULL;
}

static void set_value(struct account *account, int column, enum metric_unit unit, double value)
{
	account->cells[column] = (struct cell){ .kind = CELL_VALUE, .unit = unit, .value = value };
}

static void set_percent(struct account *account, int column, double part, double whole)
{
	account->cells[column] = (struct cell){ .kind = CELL_PERCENT,
						.value = whole > 0 ? 100 * part / whole : NAN };
}

/* Empty but for its name and how often it happened. */
static void begin_row(struct account *account, const char *name, double count)
{
	for (int i = 0; i < COLUMNS; i++)
		account->cells[i] = (struct cell){ .kind = CELL_TEXT };
	account->cells[COLUMN_NAME].text = name;
	set_value(account, COLUMN_COUNT, UNIT_COUNT, count);
	set_value(account, COLUMN_RATE, UNIT_PER_S,
		  count / (get(account, METRIC_WALL_NS) / (double)NS_PER_SEC));
}

/* The count of a row that some of its events may be missing from. */
static void mark_losses(struct account *account)
{
	account->cells[COLUMN_COUNT].lossy = get(account, METRIC_OBSERVER_LOSSES) > 0;
}

static void set_time(struct account *account, double ns)
{
	if (isnan(ns))
		return;
	set_value(account, COLUMN_TIME, UNIT_NS, ns);
	set_percent(account, COLUMN_OF_CPU, ns, metrics_program_ns(account->metrics));
}

static void end_row(struct account *account, enum row_kind kind)
{
	const struct production *production = account->production;

	production->emitter->row(production->self, kind, account->cells);
}

static void add_faults(struct account *account)
{
	double page_bytes = (double)account->production->result->host.page_bytes;
	double faults = get(account, METRIC_MINOR_FAULTS) + get(account, METRIC_MAJOR_FAULTS);

	begin_row(account, "page faults", faults);
	set_time(account, get(account, METRIC_FAULT_NS));
	end_row(account, ROW_PLAIN);
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		double count = get(account, classes[i].id);

		if (!(count > 0))
			continue;
		begin_row(account, classes[i].name, count);
		mark_losses(account);
		set_percent(account, COLUMN_OF_FAULTS, count, faults);
		if (page_bytes > 0)
			set_value(account, COLUMN_BYTES, UNIT_BYTES, count * page_bytes);
		end_row(account, ROW_PLAIN);
	}
}

static void add_calls(struct account *account)
{
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		double count = get(account, calls[i].calls);

		if (!(count > 0))
			continue;
		begin_row(account, calls[i].name, count);
		mark_losses(account);
		if (calls[i].bytes != METRIC_COUNT)
			set_value(account, COLUMN_BYTES, UNIT_BYTES, get(account, calls[i].bytes));
		set_time(account, get(account, calls[i].ns));
		end_row(account, ROW_PLAIN);
	}
}

static void add_total(struct account *account)
{
	double sum_ns = get(account, METRIC_FAULT_NS);

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		sum_ns += isnan(get(account, calls[i].ns)) ? 0 : get(account, calls[i].ns);
	if (isnan(sum_ns))
		return;
	for (int i = 0; i < COLUMNS; i++)
		account->cells[i] = (struct cell){ .kind = CELL_TEXT };
	account->cells[COLUMN_NAME].text = "all of it";
	set_time(account, sum_ns);
	end_row(account, ROW_REFERENCE);
}

/* The same time again, by whose doing it is: whoever calls, or mapped the page that is touched. */
static void produce_owners(struct account *account, size_t run_index)
{
	const struct production *production = account->production;
	const struct result *result = production->result;
	bool begun = false;

	for (size_t i = 0; i < result->owner_share_count; i++) {
		const struct owner_share *share = &result->owner_shares[i];
		double ns = share->part * metrics_program_ns(account->metrics);

		if (share->metric != METRIC_CPU_NS || share->run_index != run_index ||
		    share->part < LEAST_SHARE)
			continue;
		if (!begun)
			production->emitter->group_begin(production->self, "Whose doing it is",
							 NULL);
		begun = true;
		for (int c = 0; c < COLUMNS; c++)
			account->cells[c] = (struct cell){ .kind = CELL_TEXT };
		account->cells[COLUMN_NAME].text = owner_label(share->owner);
		set_time(account, ns);
		end_row(account, ROW_PLAIN);
	}
	if (begun)
		production->emitter->group_end(production->self);
}

void produce_tax(const struct production *production)
{
	static const struct table table = { TABLE_DETAIL, columns, COLUMNS };
	const struct run *run = observed_run(production);

	if (!production_is_explanation(production) || !run)
		return;
	struct account account = { .production = production, .metrics = &run->metrics };
	const struct emitter *emitter = production->emitter;

	emitter->table_begin(production->self, &table);
	emitter->group_begin(production->self, "Kernel time for memory", NULL);
	add_faults(&account);
	add_calls(&account);
	add_total(&account);
	emitter->group_end(production->self);
	produce_owners(&account, (size_t)(run - production->result->runs));
	emitter->table_end(production->self);
	say_losses(production, get(&account, METRIC_OBSERVER_LOSSES));
}
