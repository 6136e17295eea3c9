/* SPDX-License-Identifier: MIT */
/*
 * glibc makes up to 8 arenas a CPU (64-bit), and what is free in one serves no other thread. For each heap of an arena
 * but the main one it maps 128 MiB of address space to find 64 MiB aligned in them (malloc/arena.c,
 * HEAP_MAX_SIZE): that many large mappings tell how many there are.
 */
#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/knob.h"
#include "explain/rule.h"

#define MIB (1024.0 * 1024)
#define HEAP_MAPPING_BYTES (128 * MIB)
#define LEAST_HEAPS 8
#define LEAST_BYTES (256 * MIB)
/* With a stack of 8 MiB for each thread, a mapping has 68 MiB on average. */
#define LEAST_MEAN_BYTES (16 * MIB)

static const char *const some[] = { "4", "2", NULL }, *const few[] = { "2", NULL };

static double heaps_of(const struct subject *subject)
{
	return floor(subject_get(subject, METRIC_MMAP_BYTES) / HEAP_MAPPING_BYTES);
}

static bool maps_many_heaps(const struct subject *subject)
{
	double mean_bytes = subject_mean(subject, METRIC_MMAP_BYTES, METRIC_MMAP_CALLS);

	return heaps_of(subject) >= LEAST_HEAPS && mean_bytes >= LEAST_MEAN_BYTES &&
	       mean_bytes <= HEAP_MAPPING_BYTES &&
	       subject_get(subject, METRIC_PEAK_RSS_BYTES) >= LEAST_BYTES;
}

static void say_symptom(const struct subject *subject, struct strbuf *text)
{
	strbuf_addstr(text, "Memory is spread over many arenas: ");
	say_calls(text, subject, METRIC_MMAP_CALLS, METRIC_MMAP_BYTES, "mapped");
	strbuf_addf(text, ", as about %.0f heaps of glibc's arenas do. ", heaps_of(subject));
	strbuf_addstr(text, "Each keeps its own free memory, so that the ");
	say_metric(text, subject, METRIC_PEAK_RSS_BYTES);
	strbuf_addstr(text,
		      " resident may be several times what is in use; how much of it is free, ");
	strbuf_addstr(text, "only a run with fewer arenas tells.");
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	const struct knob knob = {
		.allocator = "glibc",
		.key = "arena_max",
		.values = way == 0 ? some : few,
		.direction = KNOB_DOWN,
		.why = "fewer arenas: what one thread frees, others use",
		.risk = "threads wait for each other's arena lock",
	};
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	/* Where 4 are set already, 2 is the first way. */
	if (way > 1 || (way == 1 && subject_setting(subject, knob.key)) ||
	    !maps_many_heaps(subject) || !knob_turn(&knob, subject, finding))
		return false;
	if (way == 0)
		say_symptom(subject, &text);
	else
		strbuf_addstr(&text, "The same arenas, and fewer of them still.");
	finding->gain_metric = METRIC_PEAK_RSS_BYTES;
	finding->confidence = 0.4; /* large mappings may be the program's own */
	FINDING_EVIDENCE(finding, subject, METRIC_PEAK_RSS_BYTES, METRIC_MEAN_RSS_BYTES,
			 METRIC_MMAP_CALLS, METRIC_MMAP_BYTES);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_arena_bloat = {
	.id = "arena-bloat",
	.description = "free memory is spread over many arenas of glibc",
	.examine = examine,
};
