/* SPDX-License-Identifier: MIT */
/*
 * Address space is reserved first and made usable piece by piece, with an mprotect for each piece. The heaps of glibc's
 * arenas other than the main one grow so by the block that did not fit (malloc/arena.c, grow_heap()), as long as they
 * are no larger than 64 MiB; only a new heap looks at top_pad.
 */
#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/heaps.h"
#include "explain/purge.h"
#include "explain/remedy.h"
#include "explain/rule.h"

/* Without times: as many calls as this part of the page faults. */
#define LEAST_PART 0.1
/* The part of vm.max_map_count from which its mappings are told of. */
#define MANY_MAPPINGS 0.5

static bool calls_are_costly(const struct subject *subject)
{
	double calls = subject_get(subject, METRIC_MPROTECT_CALLS);
	double share_pct = subject_share_pct(subject, subject_get(subject, METRIC_MPROTECT_NS));

	if (!heaps_grow_by_pieces(subject))
		return false;
	if (!isnan(share_pct))
		return share_pct >= WORTH_PCT;
	return calls >= LEAST_PART * subject->faults && subject_may_be_taxed(subject);
}

/* Past vm.max_map_count, mmap and mprotect fail, and malloc with them (Documentation/admin-guide/sysctl/vm.rst). */
static bool has_many_mappings(const struct subject *subject)
{
	return subject_get(subject, METRIC_MAPPINGS) >=
	       MANY_MAPPINGS * (double)subject->result->host.max_map_count;
}

static void say_mappings(const struct subject *subject, struct strbuf *text)
{
	if (!has_many_mappings(subject) || !subject->result->host.max_map_count)
		return;
	strbuf_addstr(text, " It had ");
	say_metric(text, subject, METRIC_MAPPINGS);
	strbuf_addstr(text, " mappings, of ");
	format_count(text, (double)subject->result->host.max_map_count);
	strbuf_addstr(text, " that vm.max_map_count allows: beyond that malloc fails.");
}

static double known(double value)
{
	return isnan(value) ? 0 : value;
}

/* The refaults of memory that threads' heaps gave back, which a heap that is kept in full no longer does. */
static double heap_refaults(const struct subject *subject)
{
	if (!subject_served_by(subject, "glibc"))
		return 0;
	return known(purge_refaults(&purge_dontneed, subject)) +
	       (heaps_are_unmapped(subject) ? known(purge_refaults(&purge_munmap, subject)) : 0);
}

static double purge_calls_ns(const struct purge *purge, const struct subject *subject)
{
	return known(purge_cost_ns(purge, subject) -
		     subject_faults_ns(subject, purge_refaults(purge, subject)));
}

static double heap_calls_ns(const struct subject *subject)
{
	double calls_ns = subject_get(subject, METRIC_MPROTECT_NS);

	if (!subject_served_by(subject, "glibc"))
		return calls_ns;
	return calls_ns + purge_calls_ns(&purge_dontneed, subject) +
	       (heaps_are_unmapped(subject) ? purge_calls_ns(&purge_munmap, subject) : 0);
}

static void say_refaults(const struct subject *subject, struct strbuf *text)
{
	double refaults = heap_refaults(subject);

	if (!(refaults > 0))
		return;
	strbuf_addstr(text, ". Free ends of these heaps and empty ones are given back, and taken "
			    "again: ");
	say_faults(text, subject, refaults);
	strbuf_addstr(text, " are refaults of that");
}

static void say_symptom(const struct subject *subject, struct strbuf *text)
{
	say_share(text, subject, subject_get(subject, METRIC_MPROTECT_NS));
	say_calls(text, subject, METRIC_MPROTECT_CALLS, METRIC_MPROTECT_BYTES,
		  "of mprotect changed");
	strbuf_addstr(text, ", ");
	format_bytes(text, subject_mean(subject, METRIC_MPROTECT_BYTES, METRIC_MPROTECT_CALLS));
	strbuf_addstr(text, " each. ");
	if (subject_served_by(subject, "glibc"))
		strbuf_addstr(
			text,
			"The heaps of glibc's threads grow so, by one call for each block "
			"that does not fit, and every call takes the lock of the address space");
	else
		strbuf_addstr(text, "Its allocator makes the memory that it has reserved usable "
				    "in small pieces");
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !calls_are_costly(subject))
		return false;
	say_symptom(subject, &text);
	say_refaults(subject, &text);
	if (!remedy_take_all(subject, SYMPTOM_COMMITS, finding))
		strbuf_addstr(&text, "; no further setting of it is known to change that, another "
				     "allocator may: madvisor compare");
	strbuf_addch(&text, '.');
	say_mappings(subject, &text);
	/* A program may call mprotect itself. */
	finding->confidence = 0.8 * finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_MPROTECT_CALLS,
			 METRIC_MPROTECT_BYTES, METRIC_MPROTECT_NS, METRIC_REFAULTS_DONTNEED,
			 METRIC_REFAULTS_MUNMAP, METRIC_MMAP_LOCK_WAIT_NS, METRIC_MAPPINGS,
			 METRIC_ARENA_HEAPS, METRIC_PEAK_RSS_BYTES);
	finding_predict(finding, subject, heap_refaults(subject),
			"refaults of what heaps gave back", heap_calls_ns(subject),
			"the calls for heaps");
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_arena_growth = {
	.id = "arena-growth",
	.description = "heaps grow piece by piece, with an mprotect for each",
	.examine = examine,
};
