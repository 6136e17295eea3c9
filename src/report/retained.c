/* SPDX-License-Identifier: MIT */
/* What is resident in a program that is explained, and what of it is free inside its allocator. */
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "report/produce.h"

enum { COLUMN_NAME, COLUMN_BLOCKS, COLUMN_BYTES, COLUMN_OF_RESIDENT, COLUMNS };

static const struct column columns[COLUMNS] = {
	[COLUMN_NAME] = { .title = "what" },
	[COLUMN_BLOCKS] = { .title = "blocks", .numeric = true },
	[COLUMN_BYTES] = { .title = "bytes", .numeric = true },
	[COLUMN_OF_RESIDENT] = { .title = "of resident", .numeric = true },
};

/* Rows about sizes, and the least share of what is held that one of them must have. */
enum { SIZES_SHOWN = 6 };
#define SIZE_PART 0.03

static void add_row(const struct production *production, enum row_kind kind, const char *name,
		    double blocks, double bytes, double resident)
{
	struct cell cells[COLUMNS] = {
		[COLUMN_NAME] = { .kind = CELL_TEXT, .text = name },
		[COLUMN_BLOCKS] = { .kind = CELL_TEXT },
		[COLUMN_BYTES] = { .kind = CELL_VALUE, .unit = UNIT_BYTES, .value = bytes },
		[COLUMN_OF_RESIDENT] = { .kind = CELL_PERCENT,
					 .value = resident > 0 ? 100 * bytes / resident : NAN },
	};

	if (!(bytes > 0))
		return;
	if (blocks > 0)
		cells[COLUMN_BLOCKS] =
			(struct cell){ .kind = CELL_VALUE, .unit = UNIT_COUNT, .value = blocks };
	production->emitter->row(production->self, kind, cells);
}

static void add_kinds(const struct production *production, const struct retained *retained)
{
	double resident = retained->value[RETAINED_RESIDENT];

	add_row(production, ROW_REFERENCE, "resident", NAN, resident, resident);
	for (int id = 0; id < RETAINED_COUNT; id++) {
		const char *label = retained_label((enum retained_id)id);
		_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

		if (!label)
			continue;
		strbuf_addf(&name, "  %s", label);
		add_row(production, ROW_PLAIN, name.buf, NAN, retained->value[id], resident);
	}
}

static void add_sizes(const struct production *production, const struct retained *retained)
{
	const double *value = retained->value;

	for (size_t i = 0; i < retained->size_count && i < SIZES_SHOWN; i++) {
		const struct retained_size *size = &retained->sizes[i];
		_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;

		if (size->held_bytes < SIZE_PART * value[RETAINED_HELD])
			break;
		strbuf_addstr(&name, "    by blocks of up to ");
		format_bytes(&name, size->block_bytes);
		add_row(production, ROW_PLAIN, name.buf, size->live_blocks + size->cached_blocks,
			size->held_bytes, value[RETAINED_RESIDENT]);
	}
}

static void add_heap(const struct production *production, const struct retained *retained)
{
	const double *value = retained->value;
	double resident = value[RETAINED_RESIDENT];
	const char *allocator = retained->allocator ? retained->allocator : "glibc";
	bool is_glibc = !strcmp(allocator, "glibc");
	_cleanup_strbuf_ struct strbuf unused = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf used = STRBUF_INIT;

	strbuf_addf(&unused, "free in %s's heap, and resident", allocator);
	strbuf_addf(&used, "in %s's heap, in use", allocator);
	add_row(production, ROW_REFERENCE, unused.buf, NAN, value[RETAINED_RESIDENT_FREE],
		resident);
	add_row(production, ROW_PLAIN,
		is_glibc ? "  malloc_trim(0) would give back" : "  whole pages", NAN,
		value[RETAINED_TRIM], resident);
	add_row(production, ROW_PLAIN, "  at the ends of thread arenas", NAN,
		value[RETAINED_KEPT_TOP], resident);
	add_row(production, ROW_PLAIN,
		is_glibc ? "  on pages that are held"
			 : "  on pages that are held, and its own data",
		NAN, value[RETAINED_HELD], resident);
	add_sizes(production, retained);
	add_row(production, ROW_REFERENCE, used.buf, value[RETAINED_LIVE_BLOCKS],
		value[RETAINED_LIVE], NAN);
	add_row(production, ROW_PLAIN, "  in mappings of their own", value[RETAINED_MAPPED_BLOCKS],
		value[RETAINED_MAPPED], NAN);
	add_row(production, ROW_PLAIN, "  free, in threads' caches", NAN, value[RETAINED_CACHED],
		NAN);
}

static void add_title(struct strbuf *sb, const struct retained *retained)
{
	static const char *const titles[RETAINED_WHEN_COUNT] = {
		[RETAINED_PEAK] = "Memory at its most",
		[RETAINED_LAST] = "Memory at the last look",
		[RETAINED_NOW] = "Memory at the end",
		[RETAINED_END] = "Memory at its end, as the allocator says",
	};

	strbuf_addstr(sb, titles[retained->when]);
	if (retained->after_ns >= 0 && retained->when != RETAINED_NOW) {
		strbuf_addstr(sb, ", after ");
		format_ns(sb, retained->after_ns);
	}
}

void produce_retained(const struct production *production)
{
	static const struct table table = { TABLE_DETAIL, columns, COLUMNS };
	const struct result *result = production->result;
	const struct emitter *emitter = production->emitter;

	if (!production_is_explanation(production) || !result->retained_count)
		return;
	emitter->table_begin(production->self, &table);
	for (size_t i = 0; i < result->retained_count; i++) {
		_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;

		add_title(&title, &result->retained[i]);
		emitter->group_begin(production->self, title.buf, NULL);
		add_kinds(production, &result->retained[i]);
		add_heap(production, &result->retained[i]);
		emitter->group_end(production->self);
	}
	emitter->table_end(production->self);
	for (size_t i = 0; i < result->retained_count; i++) {
		const struct retained *retained = &result->retained[i];

		if (retained->doubt)
			say(production, NOTE_WARNING, "%s", retained->doubt);
		/* Its own word, from inside, is worth more. */
		if (retained->unknown &&
		    result->retained[result->retained_count - 1].when != RETAINED_END)
			say(production, NOTE_PLAIN,
			    "What is free in its allocator is not known: %s.", retained->unknown);
	}
}
