/* SPDX-License-Identifier: MIT */
#include "explain/purge.h"

#include <math.h>

#include "base/units.h"
#include "explain/finding.h"

/* The least number of calls in a program's life for the rule to hold. */
#define HABIT_CALLS 10

const struct purge purge_dontneed = {
	.call = "madvise(MADV_DONTNEED)",
	.refaults = METRIC_REFAULTS_DONTNEED,
	.calls = METRIC_MADVISE_DONTNEED_CALLS,
	.bytes = METRIC_MADVISE_DONTNEED_BYTES,
	.ns = METRIC_MADVISE_DONTNEED_NS,
	.given_part = 1,
};

const struct purge purge_munmap = {
	.call = "munmap",
	.refaults = METRIC_REFAULTS_MUNMAP,
	.calls = METRIC_MUNMAP_CALLS,
	.bytes = METRIC_MUNMAP_BYTES,
	.ns = METRIC_MUNMAP_NS,
	.given_part = 1,
};

const struct purge purge_brk = {
	.call = "brk",
	.refaults = METRIC_REFAULTS_BRK,
	.calls = METRIC_BRK_CALLS,
	.bytes = METRIC_BRK_BYTES,
	.ns = METRIC_BRK_NS,
	.given_part = 0.5, /* brk grows and shrinks by the same bytes */
};

double purge_pages(const struct purge *purge, const struct subject *subject)
{
	return purge->given_part * subject_get(subject, purge->bytes) / subject->page_bytes;
}

double purge_cost_ns(const struct purge *purge, const struct subject *subject)
{
	return subject_faults_ns(subject, subject_get(subject, purge->refaults)) +
	       subject_get(subject, purge->ns);
}

bool purge_is_costly(const struct purge *purge, const struct subject *subject)
{
	double share_pct = subject_share_pct(subject, purge_cost_ns(purge, subject));

	if (!(subject_get(subject, purge->calls) >= HABIT_CALLS))
		return false;
	if (!isnan(share_pct))
		return share_pct >= WORTH_PCT;
	double pages = subject->classified ? subject_get(subject, purge->refaults)
					   : purge_pages(purge, subject);
	return pages >= subject->faults / 4 && subject_may_be_taxed(subject);
}

static void say_refaults(const struct purge *purge, const struct subject *subject,
			 struct strbuf *text)
{
	double refaults = subject_get(subject, purge->refaults);

	if (!isnan(refaults)) {
		say_faults(text, subject, refaults);
		strbuf_addf(text, " are refaults: on pages that %s had given away. ", purge->call);
		return;
	}
	strbuf_addf(text, "%s gave away as many pages as come back in %.0f%% of ", purge->call,
		    fmin(100, subject_of_faults_pct(subject, purge_pages(purge, subject))));
	format_count(text, subject->faults);
	strbuf_addstr(text,
		      " page faults; which of these are refaults, and how long they take, the "
		      "probe could not see. ");
}

void purge_describe(const struct purge *purge, const struct subject *subject, struct strbuf *text,
		    struct finding *finding)
{
	say_share(text, subject, purge_cost_ns(purge, subject));
	say_refaults(purge, subject, text);
	say_calls(text, subject, purge->calls, purge->bytes,
		  purge->given_part < 1 ? "moved the heap's end by" : "gave away");
	double mean_bytes = subject_mean(subject, purge->bytes, purge->calls);
	if (!isnan(mean_bytes)) {
		strbuf_addstr(text, ", ");
		format_bytes(text, mean_bytes);
		strbuf_addstr(text, " each");
	}
	strbuf_addstr(text, ". ");
	finding->confidence = finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_MINOR_FAULTS, METRIC_FAULT_NS,
			 purge->refaults, purge->calls, purge->bytes, purge->ns,
			 METRIC_PEAK_RSS_BYTES);
	finding_predict(finding, subject, subject_get(subject, purge->refaults), "these refaults",
			subject_get(subject, purge->ns), "the calls");
}
