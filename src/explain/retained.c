/* SPDX-License-Identifier: MIT */
/*
 * Memory that the program has freed and the process keeps: free blocks inside the allocator, on resident pages, as a look
 * at the heap found them (heap/look). glibc gives back the end of a heap alone, and whole pages between blocks only in
 * malloc_trim(3); a page with one block in use stays whatever is called. Of jemalloc and tcmalloc it is what they said
 * themselves at the end of a command (alloc/retention).
 */
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/remedy.h"
#include "explain/rule.h"

#define KIB 1024.0
#define MIB (1024 * KIB)
#define LEAST_BYTES (16 * MIB)
/* The least part of the resident memory that must be free. */
#define LEAST_PART 0.2
/* The least part of that which a cause must have to be named. */
#define CAUSE_PART 0.1
/* glibc: DEFAULT_MMAP_THRESHOLD, DEFAULT_TRIM_THRESHOLD. */
#define DEFAULT_THRESHOLD (128 * KIB)
enum { SIZES_NAMED = 3, FEW_ARENAS = 4 };
/* The least part of what is held that these must hold together to be named. */
#define NAMED_PART 0.25

static bool matters(const struct retained *row, double bytes)
{
	return bytes >= CAUSE_PART * row->value[RETAINED_RESIDENT_FREE];
}

static void say_bytes(struct strbuf *text, double bytes, const char *rest)
{
	format_bytes(text, bytes);
	strbuf_addstr(text, rest);
}

static void say_amount(const struct retained *row, struct strbuf *text)
{
	const double *value = row->value;

	say_pct(text, 100 * value[RETAINED_RESIDENT_FREE] / value[RETAINED_RESIDENT]);
	strbuf_addstr(text, " of the resident memory is free inside the allocator: ");
	say_bytes(text, value[RETAINED_RESIDENT_FREE], " of ");
	say_bytes(text, value[RETAINED_RESIDENT], row->when == RETAINED_PEAK ? " at its most" : "");
	strbuf_addstr(text, ". In use are ");
	say_bytes(text, value[RETAINED_LIVE], " of the ");
	say_bytes(text, value[RETAINED_TAKEN], " that its heap has taken. ");
}

/* ", most by blocks of up to 104 B (12.1 MiB), …"; where no few sizes hold much, none is worth a name. */
static void say_sizes(const struct retained *row, struct strbuf *text)
{
	double named_bytes = 0;

	for (size_t i = 0; i < row->size_count && i < SIZES_NAMED; i++)
		named_bytes += row->sizes[i].held_bytes;
	if (!(named_bytes >= NAMED_PART * row->value[RETAINED_HELD])) {
		strbuf_addstr(text, ", of many sizes");
		return;
	}
	for (size_t i = 0; i < row->size_count && i < SIZES_NAMED; i++) {
		strbuf_addstr(text, i ? ", " : ", most by blocks of up to ");
		format_bytes(text, row->sizes[i].block_bytes);
		strbuf_addstr(text, " (");
		say_bytes(text, row->sizes[i].held_bytes, ")");
	}
}

static void say_causes(const struct retained *row, struct strbuf *text)
{
	const double *value = row->value;

	if (matters(row, value[RETAINED_HELD])) {
		say_bytes(text, value[RETAINED_HELD],
			  " lie on pages that blocks in use or in caches hold");
		say_sizes(row, text);
		strbuf_addstr(text, ": nothing gives these back while those blocks live. ");
	}
	if (matters(row, value[RETAINED_KEPT_TOP])) {
		say_bytes(text, value[RETAINED_KEPT_TOP], " lie at the ends of ");
		strbuf_addf(text, "%.0f %s of threads, which malloc_trim(3) leaves. ",
			    value[RETAINED_ARENAS] - 1,
			    value[RETAINED_ARENAS] > 2 ? "arenas" : "arena");
	}
	if (matters(row, value[RETAINED_IDLE_ARENA])) {
		say_bytes(text, value[RETAINED_IDLE_ARENA], " of it are in ");
		strbuf_addf(text, "%.0f arenas whose threads have ended. ",
			    value[RETAINED_IDLE_ARENAS]);
	}
	if (matters(row, value[RETAINED_CACHED])) {
		say_bytes(text, value[RETAINED_CACHED], " more are in the caches of ");
		strbuf_addf(text, "%.0f threads, which keep them until they end. ",
			    value[RETAINED_CACHES]);
	}
	if (value[RETAINED_LAZY] >= LEAST_BYTES) {
		say_bytes(text, value[RETAINED_LAZY],
			  " more are lazily freed: the kernel takes them when it runs short. ");
	}
}

/* Of an allocator that has told it itself. */
static void say_told(const struct retained *row, struct strbuf *text)
{
	const double *value = row->value;
	bool is_jemalloc = !strcmp(row->allocator, "jemalloc");

	if (matters(row, value[RETAINED_TRIM])) {
		say_bytes(text, value[RETAINED_TRIM], " of it are whole free pages");
		if (is_jemalloc && value[RETAINED_DECAY] < 0)
			strbuf_addstr(
				text,
				", which are never given back by themselves (dirty_decay_ms:-1)");
		else if (is_jemalloc && value[RETAINED_BACKGROUND] == 0)
			strbuf_addstr(
				text,
				", which are given back by and by, but only while threads of the "
				"program call the allocator: it has none of its own for that");
		strbuf_addf(text, "; the program can give them back by %s. ",
			    is_jemalloc ? "mallctl(\"arena.4096.purge\")"
					: "MallocExtension::ReleaseFreeMemory()");
	}
	if (matters(row, value[RETAINED_HELD]))
		say_bytes(
			text, value[RETAINED_HELD],
			" lie on pages that blocks in use hold, or are data of the allocator's own. ");
	if (matters(row, value[RETAINED_CACHED]))
		say_bytes(text, value[RETAINED_CACHED], " more are in threads' caches. ");
}

static bool has_grown_thresholds(const struct retained *row)
{
	return !row->thresholds_fixed && row->value[RETAINED_MMAP_THRESHOLD] > DEFAULT_THRESHOLD;
}

static bool is_in_many_arenas(const struct retained *row)
{
	return row->value[RETAINED_ARENAS] > FEW_ARENAS &&
	       row->value[RETAINED_SECONDARY] > row->value[RETAINED_RESIDENT_FREE] / 2;
}

static void say_cures(const struct retained *row, struct strbuf *text)
{
	const double *value = row->value;

	if (matters(row, value[RETAINED_TRIM])) {
		strbuf_addstr(text,
			      "malloc_trim(0), called by the program when it is at rest, gives ");
		say_bytes(
			text, value[RETAINED_TRIM],
			" back; it locks one arena after the other, and what is used again faults again. ");
	}
	if (has_grown_thresholds(row)) {
		strbuf_addstr(text, "mmap_threshold has grown to ");
		say_bytes(text, value[RETAINED_MMAP_THRESHOLD],
			  " by itself: blocks up to that come from the heap, which keeps up to ");
		say_bytes(text, value[RETAINED_TRIM_THRESHOLD], " at its end. ");
	}
	if (value[RETAINED_HELD] > value[RETAINED_RESIDENT_FREE] / 2)
		strbuf_addf(
			text,
			"Against fragments no setting of glibc helps%s: keep blocks that live long "
			"apart from short-lived ones, or measure another allocator with "
			"`madvisor compare`. ",
			is_in_many_arenas(row)
				? " but fewer arenas, whose threads fill each other's gaps"
				: "");
}

/*
 * Whether the thresholds that glibc starts with may give back more than the margin: ends of heaps, and blocks that were mapped
 * apart under them. Free pages in small pieces among blocks in use stay whatever they are.
 */
static bool thresholds_may_help(const struct subject *subject, const struct retained *row)
{
	double margin_pct = subject->result->command.margin_pct;
	double large_pct = 100 * row->value[RETAINED_LARGE] / row->value[RETAINED_RESIDENT];

	return matters(row, row->value[RETAINED_LARGE]) &&
	       large_pct >= (isnan(margin_pct) ? 0 : margin_pct) &&
	       (has_grown_thresholds(row) ||
		row->value[RETAINED_TRIM_THRESHOLD] > 2 * DEFAULT_THRESHOLD);
}

/* The settings that belong to what was seen; none against fragments. */
static void add_settings(const struct subject *subject, const struct retained *row,
			 struct finding *finding)
{
	const double *value = row->value;

	if (thresholds_may_help(subject, row))
		(void)remedy_take_all(subject, SYMPTOM_RETAINED, finding);
	else if (value[RETAINED_ARENAS] > FEW_ARENAS &&
		 value[RETAINED_KEPT_TOP] + value[RETAINED_IDLE_ARENA] >
			 value[RETAINED_RESIDENT_FREE] / 2)
		(void)remedy_take(subject, SYMPTOM_ARENA_BLOAT, 0, finding);
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	const struct retained *row = subject_look(subject, false);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	bool is_told = row && strcmp(row->allocator, "glibc") != 0;

	if (!row || !subject_served_by(subject, row->allocator) || (way > 0 && !is_told) ||
	    !(row->value[RETAINED_RESIDENT_FREE] >= LEAST_BYTES) ||
	    !(row->value[RETAINED_RESIDENT_FREE] >= LEAST_PART * row->value[RETAINED_RESIDENT]))
		return false;
	if (is_told && !remedy_take(subject, SYMPTOM_RETAINED, way, finding) && way > 0)
		return false;
	if (way == 0)
		say_amount(row, &text);
	if (way > 0) {
		strbuf_addstr(&text, "The same memory, in another way. ");
	} else if (is_told) {
		say_told(row, &text);
	} else {
		say_causes(row, &text);
		say_cures(row, &text);
		add_settings(subject, row, finding);
	}
	strbuf_truncate(&text, text.len - 1);
	finding->gain_metric = METRIC_MEAN_RSS_BYTES;
	finding->confidence = row->doubt ? 0.5 : CONFIDENCE_TIMED;
	FINDING_EVIDENCE(finding, subject, METRIC_HEAP_LIVE_BYTES, METRIC_HEAP_FREE_BYTES,
			 METRIC_HEAP_TRIM_BYTES, METRIC_MEAN_RSS_BYTES, METRIC_PEAK_RSS_BYTES,
			 METRIC_ARENA_HEAPS);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_retained = {
	.id = "retained",
	.description = "freed memory stays resident inside the allocator",
	.examine = examine,
};
