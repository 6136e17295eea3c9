/* SPDX-License-Identifier: MIT */
/*
 * A page that is given away must leave the TLB of every CPU that a thread of the process runs on.
 * The call interrupts them and waits for their answers: expensive in virtual machines (jemalloc
 * issue 1422). The waiting CPU spins, so that it shows as CPU time of the call.
 */
#include <math.h>
#include <string.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/owners.h"
#include "explain/remedy.h"
#include "explain/rule.h"

/* Remote flushes for each purging call; below this the calls do not wait for other CPUs. */
#define FLUSHES_A_CALL 0.3
/* Freeing a page takes a few hundred nanoseconds by itself: calls above this wait for something. */
#define DEAR_PAGE_NS 1000.0

static double purge_calls(const struct subject *subject)
{
	return subject_known(subject, METRIC_MADVISE_DONTNEED_CALLS) +
	       subject_known(subject, METRIC_MADVISE_FREE_CALLS) +
	       subject_known(subject, METRIC_MUNMAP_CALLS) +
	       subject_known(subject, METRIC_BRK_CALLS);
}

static double purged_bytes(const struct subject *subject)
{
	return subject_known(subject, METRIC_MADVISE_DONTNEED_BYTES) +
	       subject_known(subject, METRIC_MADVISE_FREE_BYTES) +
	       subject_known(subject, METRIC_MUNMAP_BYTES) +
	       subject_known(subject, METRIC_BRK_BYTES);
}

/* Calls that take a page or a few, and long for it. */
static bool calls_wait(const struct subject *subject)
{
	double pages = purged_bytes(subject) / subject->page_bytes;

	return subject_get(subject, METRIC_TLB_FLUSHES_REMOTE) >=
		       FLUSHES_A_CALL * purge_calls(subject) &&
	       subject->purged_ns >= DEAR_PAGE_NS * pages;
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	const char *machine = subject->result->host.virtualization;
	double calls = purge_calls(subject);
	double flushes = subject_get(subject, METRIC_TLB_FLUSHES_REMOTE);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !subject->timed || !calls_wait(subject) ||
	    !(subject_share_pct(subject, subject->purged_ns) >= WORTH_PCT))
		return false;
	say_share(&text, subject, subject->purged_ns);
	strbuf_addstr(&text, "Each of ");
	format_count(&text, calls);
	strbuf_addstr(&text, " calls that give memory away takes ");
	format_ns(&text, subject->purged_ns / calls);
	strbuf_addf(&text, ", and interrupts other CPUs %.1f times to flush their TLBs, ",
		    flushes / calls);
	format_count(&text, subject_per_second(subject, METRIC_TLB_FLUSHES_REMOTE));
	strbuf_addstr(&text, " times a second");
	if (machine && strcmp(machine, "none"))
		strbuf_addf(&text, "; in a virtual machine (%s) this is dear", machine);
	strbuf_addstr(
		&text,
		". Fewer purges are fewer interrupts, also for the threads that only get them");
	if (!owners_allocator_purges_most(subject))
		strbuf_addstr(&text, "; most of this is not its allocator's doing, and no setting "
				     "changes it");
	else if (!remedy_purge_less(subject, 0, finding))
		remedy_take_all(subject, SYMPTOM_HEAP_TRIM, finding);
	strbuf_addch(&text, '.');
	finding->confidence = 0.7 * finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_TLB_FLUSHES,
			 METRIC_TLB_FLUSHES_REMOTE, METRIC_MADVISE_DONTNEED_CALLS,
			 METRIC_MADVISE_DONTNEED_NS, METRIC_MADVISE_FREE_CALLS,
			 METRIC_MADVISE_FREE_NS, METRIC_MUNMAP_CALLS, METRIC_MUNMAP_NS,
			 METRIC_BRK_CALLS, METRIC_BRK_NS);
	finding_predict(finding, subject, 0, "", subject->purged_ns, "the calls");
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_tlb_shootdown = {
	.id = "tlb-shootdown",
	.description = "calls that give memory away wait for other CPUs to flush their TLBs",
	.examine = examine,
};
