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

static const char *const few[] = { "2", NULL }, *const some[] = { "4", NULL };

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	const struct knob knob = {
		.allocator = "glibc",
		.key = "arena_max",
		.values = way == 0 ? few : some,
		.direction = KNOB_EXACT,
		.why = "fewer arenas: what one thread frees, others use",
		.risk = "threads wait for each other's arena lock",
	};
	double heaps = floor(subject_get(subject, METRIC_MMAP_BYTES) / HEAP_MAPPING_BYTES);
	double mean_bytes = subject_mean(subject, METRIC_MMAP_BYTES, METRIC_MMAP_CALLS);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 1 || !(heaps >= LEAST_HEAPS) || !(mean_bytes >= LEAST_MEAN_BYTES) ||
	    !(subject_get(subject, METRIC_PEAK_RSS_BYTES) >= LEAST_BYTES) ||
	    !knob_turn(&knob, subject, finding))
		return false;
	if (way > 0)
		strbuf_addstr(&text, "The same, by another setting. ");
	strbuf_addstr(&text, "Memory is spread over many arenas: ");
	say_calls(&text, subject, METRIC_MMAP_CALLS, METRIC_MMAP_BYTES, "mapped");
	strbuf_addf(
		&text,
		", as about %.0f heaps of glibc's arenas do. Each keeps its own free memory, so that "
		"the ",
		heaps);
	say_metric(&text, subject, METRIC_PEAK_RSS_BYTES);
	strbuf_addstr(
		&text,
		" resident may be several times what is in use; how much of it is free, only a run "
		"with fewer arenas tells.");
	finding->gain_metric = METRIC_PEAK_RSS_BYTES;
	finding->confidence = 0.4;
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
