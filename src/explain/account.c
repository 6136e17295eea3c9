/* SPDX-License-Identifier: MIT */
#include "explain/account.h"

#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "explain/finding.h"

static const struct {
	enum metric_id id;
	const char *name;
} classes[] = {
	{ METRIC_REFAULTS_DONTNEED, "madvise(MADV_DONTNEED)" },
	{ METRIC_REFAULTS_FREE, "madvise(MADV_FREE)" },
	{ METRIC_REFAULTS_MUNMAP, "munmap" },
	{ METRIC_REFAULTS_BRK, "brk" },
	{ METRIC_REFAULTS_MREMAP, "mremap" },
	{ METRIC_REFAULTS_MMAP, "mmap over it" },
};

double account_pct(const struct subject *subject)
{
	return subject->timed ? subject_share_pct(subject, subject->tax_ns)
			      : subject_system_pct(subject);
}

/* Refaults by what took the page away, the largest part first to last as it comes; small ones are left out. */
static void say_causes(const struct subject *subject, struct strbuf *text)
{
	const char *before = ": by ";

	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		double pct = subject_of_faults_pct(subject, subject_get(subject, classes[i].id));

		if (!(pct >= 1))
			continue;
		strbuf_addf(text, "%s%s ", before, classes[i].name);
		format_count(text, subject_get(subject, classes[i].id));
		before = ", by ";
	}
}

static void say_classes(const struct subject *subject, struct strbuf *text)
{
	double refaults = subject_get(subject, METRIC_REFAULTS);
	double first = subject_get(subject, METRIC_FIRST_TOUCH_FAULTS);
	double unknown = subject_known(subject, METRIC_UNKNOWN_FAULTS);
	double per_second = subject_per_second(subject, METRIC_REFAULTS);

	strbuf_addf(text, " %.0f%% of the faults are refaults, of pages that had been given away",
		    subject_of_faults_pct(subject, refaults));
	say_causes(subject, text);
	if (per_second >= 1) {
		strbuf_addstr(text, "; ");
		format_count(text, per_second);
		strbuf_addstr(text, " a second");
	}
	strbuf_addf(text, ". %.0f%% are first touches: growth, which no setting avoids.",
		    subject_of_faults_pct(subject, first));
	if (subject_of_faults_pct(subject, unknown) >= 1)
		strbuf_addf(text,
			    " %.0f%% are on pages that the program had before madvisor looked.",
			    subject_of_faults_pct(subject, unknown));
	if (subject_known(subject, METRIC_OBSERVER_LOSSES) > 0)
		strbuf_addstr(text, " Events were lost: counts by cause are lower bounds.");
}

static void say_times(const struct subject *subject, struct strbuf *text)
{
	double error_ns = subject_get(subject, METRIC_FAULT_ERROR_NS);

	strbuf_addstr(text, " ");
	say_metric(text, subject, METRIC_FAULT_NS);
	if (error_ns > 0) {
		strbuf_addstr(text, " (give or take ");
		format_ns(text, error_ns);
		strbuf_addch(text, ')');
	}
	strbuf_addstr(text, " in ");
	format_count(text, subject->faults);
	strbuf_addstr(text, " page faults and ");
	format_ns(text, subject->calls_ns);
	strbuf_addstr(text, " in madvise, mmap, munmap, brk and the like, of ");
	format_ns(text, subject->cpu_ns);
	strbuf_addstr(text, " CPU time.");
}

void account_describe(const struct subject *subject, struct strbuf *text, struct finding *finding)
{
	if (subject->timed)
		say_times(subject, text);
	if (subject->classified && subject->faults > 0)
		say_classes(subject, text);
	finding->confidence = subject->timed ? CONFIDENCE_TIMED : CONFIDENCE_COUNTED;
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_SYS_NS, METRIC_MINOR_FAULTS,
			 METRIC_FAULT_NS, METRIC_FIRST_TOUCH_FAULTS, METRIC_REFAULTS,
			 METRIC_MADVISE_DONTNEED_NS, METRIC_MADVISE_FREE_NS, METRIC_MMAP_NS,
			 METRIC_MUNMAP_NS, METRIC_MREMAP_NS, METRIC_BRK_NS, METRIC_PEAK_RSS_BYTES);
}
