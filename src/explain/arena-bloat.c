/* SPDX-License-Identifier: MIT */
/*
 * glibc makes up to 8 arenas a CPU (64-bit), and free memory in one does not serve threads of
 * another. The process's map shows the size of all heaps but the main one (alloc/arenas.h). Without
 * a map they are counted by large mappings: for each such heap glibc maps 128 MiB of address space
 * to find 64 MiB aligned in them (malloc/arena.c, HEAP_MAX_SIZE).
 */
#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/remedy.h"
#include "explain/rule.h"

#define MIB (1024.0 * 1024)
#define HEAP_MAPPING_BYTES (128 * MIB)
#define LEAST_HEAPS 8
#define LEAST_BYTES (256 * MIB)
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

static bool has_many_heaps(const struct subject *subject)
{
	double resident_bytes = subject_get(subject, METRIC_PEAK_RSS_BYTES);
	double mean_bytes = subject_mean(subject, METRIC_MMAP_BYTES, METRIC_MMAP_CALLS);

	if (!(heaps_of(subject) >= LEAST_HEAPS) || !(resident_bytes >= LEAST_BYTES))
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
	strbuf_addstr(text, "Each arena keeps its own free memory, so that the ");
	say_metric(text, subject, METRIC_PEAK_RSS_BYTES);
	strbuf_addstr(text,
		      " resident may be several times what is in use; how much of it is free, ");
	strbuf_addstr(text, "only a run with fewer arenas tells.");
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!subject_served_by(subject, "glibc") || !has_many_heaps(subject) ||
	    !remedy_take(subject, SYMPTOM_ARENA_BLOAT, way, finding))
		return false;
	if (way == 0)
		say_symptom(subject, &text);
	else
		strbuf_addstr(&text, "The same arenas, and fewer of them still.");
	finding->gain_metric = METRIC_PEAK_RSS_BYTES;
	/* Large mappings may be the program's own; heaps are glibc's, with an unknown free part. */
	finding->confidence = saw_map(subject) ? 0.7 : 0.4;
	FINDING_EVIDENCE(finding, subject, METRIC_PEAK_RSS_BYTES, METRIC_MEAN_RSS_BYTES,
			 METRIC_ARENA_HEAPS, METRIC_ARENA_BYTES, METRIC_MMAP_CALLS,
			 METRIC_MMAP_BYTES);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_arena_bloat = {
	.id = "arena-bloat",
	.description = "free memory is spread over many arenas of glibc",
	.examine = examine,
};
