/* SPDX-License-Identifier: MIT */
/*
 * glibc makes up to 8 arenas a CPU (64-bit), and free memory in one does not serve threads of
 * another. The process's map shows the size of all heaps but the main one (alloc/arenas.h). Without
 * a map they are counted by large mappings: for each such heap glibc maps 128 MiB of address space
 * to find 64 MiB aligned in them (malloc/arena.c, HEAP_MAX_SIZE).
 *
 * Many arenas may be full. Fewer of them give back what is free in them at most, so that a cap is proposed only where a look
 * at the heap has found that much.
 */
#include <math.h>
#include <stdlib.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/remedy.h"
#include "explain/rule.h"

#define MIB (1024.0 * 1024)
#define HEAP_MAPPING_BYTES (128 * MIB)
#define LEAST_HEAPS 8
#define LEAST_BYTES (256 * MIB)
/* Where it was read, the least that fewer arenas may give back. */
#define LEAST_FREE_BYTES (16 * MIB)
/* The least part of a program's memory that arenas must hold to be reported. */
#define LEAST_PART 0.25
/* With a stack of 8 MiB for each thread, a mapping has 68 MiB on average. */
#define LEAST_MEAN_BYTES (16 * MIB)

static bool saw_map(const struct subject *subject)
{
	return metrics_has(&subject->metrics, METRIC_ARENA_HEAPS);
}

static double heaps_of(const struct subject *subject)
{
	return saw_map(subject)
		       ? subject_get(subject, METRIC_ARENA_HEAPS)
		       : floor(subject_get(subject, METRIC_MMAP_BYTES) / HEAP_MAPPING_BYTES);
}

/* Of a program whose arenas were not read. */
static bool may_have_much(const struct subject *subject)
{
	double resident_bytes = subject_get(subject, METRIC_PEAK_RSS_BYTES);
	double mean_bytes = subject_mean(subject, METRIC_MMAP_BYTES, METRIC_MMAP_CALLS);

	if (!(resident_bytes >= LEAST_BYTES))
		return false;
	if (saw_map(subject))
		return subject_get(subject, METRIC_ARENA_BYTES) >= LEAST_PART * resident_bytes;
	return mean_bytes >= LEAST_MEAN_BYTES && mean_bytes <= HEAP_MAPPING_BYTES;
}

static void say_symptom(const struct subject *subject, struct strbuf *text)
{
	strbuf_addstr(text, "Memory is spread over many arenas: ");
	if (saw_map(subject)) {
		strbuf_addf(text, "%.0f heaps of glibc's arenas had taken ", heaps_of(subject));
		say_metric(text, subject, METRIC_ARENA_BYTES);
		strbuf_addstr(text, " when it was most. ");
	} else {
		say_calls(text, subject, METRIC_MMAP_CALLS, METRIC_MMAP_BYTES, "mapped");
		strbuf_addf(text, ", as about %.0f heaps of glibc's arenas do. ",
			    heaps_of(subject));
	}
	strbuf_addstr(text, "Each arena keeps its own free memory, which serves no other thread. ");
}

static void say_unknown(const struct subject *subject, struct strbuf *text)
{
	/* A look without figures, or one at an older glibc, is no proof either. */
	strbuf_addstr(text, "How much of it is free is not known: they may be full, so nothing is "
			    "proposed. ");
	if (subject->result->retained_count)
		strbuf_addstr(text, "They were looked at, but could not be read; ");
	else
		strbuf_addstr(text, "`madvisor explain --retained -- COMMAND` reads them (glibc "
				    "2.26 and later), and ");
	strbuf_addstr(text, "`madvisor compare --contenders 'self,self[arena_max=4]' -- COMMAND` "
			    "measures a cap");
}

/* The look at glibc's arenas with most resident; NULL: they were not read. */
static const struct retained *read_arenas(const struct subject *subject)
{
	const struct retained *row = subject_look(subject, true);

	bool is_read = row && !isnan(row->value[RETAINED_SECONDARY]) && subject_look_is_whole(row);

	return is_read ? row : NULL;
}

/* What goes away with so few arenas, where each keeps as much free as one does now. */
static double given_back_bytes(const struct retained *row, double arenas)
{
	double seconds = row->value[RETAINED_ARENAS] - 1;

	return arenas < row->value[RETAINED_ARENAS]
		       ? row->value[RETAINED_SECONDARY] * (1 - (arenas - 1) / seconds)
		       : 0;
}

static void say_free(const struct retained *row, const struct finding *finding, double bytes,
		     struct strbuf *text)
{
	format_bytes(text, row->value[RETAINED_SECONDARY]);
	strbuf_addstr(text, " of ");
	format_bytes(text, row->value[RETAINED_RESIDENT]);
	strbuf_addf(
		text,
		" resident are free in %.0f arenas of threads. With %s in all, and as much free in "
		"each, ",
		row->value[RETAINED_ARENAS] - 1, finding->settings[0].value);
	format_bytes(text, bytes);
	strbuf_addstr(text, " (");
	say_pct(text, 100 * bytes / row->value[RETAINED_RESIDENT]);
	strbuf_addstr(text, ") less are resident");
}

/* Takes a cap that may give back more than the margin. */
static bool take(const struct subject *subject, const struct retained *row, unsigned int way,
		 struct finding *finding, double *ret_bytes)
{
	double margin_pct = subject->result->command.margin_pct;

	if (!remedy_take(subject, SYMPTOM_ARENA_BLOAT, way, finding))
		return false;
	double arenas = strtod(finding->settings[0].value, NULL);
	*ret_bytes = given_back_bytes(row, arenas);
	return *ret_bytes >= LEAST_FREE_BYTES &&
	       100 * *ret_bytes >=
		       (isnan(margin_pct) ? 0 : margin_pct) * row->value[RETAINED_RESIDENT];
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const struct retained *row = read_arenas(subject);
	double bytes = 0;

	if (!subject_served_by(subject, "glibc") || !(heaps_of(subject) >= LEAST_HEAPS))
		return false;
	if (row ? !take(subject, row, way, finding, &bytes) : way > 0 || !may_have_much(subject))
		return false;
	if (way == 0)
		say_symptom(subject, &text);
	else
		strbuf_addstr(&text, "The same arenas, and fewer of them still. ");
	if (row)
		say_free(row, finding, bytes, &text);
	else
		say_unknown(subject, &text);
	strbuf_addch(&text, '.');
	finding->gain_metric = METRIC_PEAK_RSS_BYTES;
	/* Large mappings may be the program's own; heaps are glibc's. */
	finding->confidence = !saw_map(subject) ? 0.4 : row && !row->doubt ? CONFIDENCE_TIMED : 0.7;
	FINDING_EVIDENCE(finding, subject, METRIC_PEAK_RSS_BYTES, METRIC_MEAN_RSS_BYTES,
			 METRIC_ARENA_HEAPS, METRIC_ARENA_BYTES, METRIC_MMAP_CALLS,
			 METRIC_MMAP_BYTES, METRIC_HEAP_FREE_BYTES);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_arena_bloat = {
	.id = "arena-bloat",
	.description = "free memory is spread over many arenas of glibc",
	.examine = examine,
};
