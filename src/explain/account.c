/* SPDX-License-Identifier: MIT */
#include "explain/account.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/array.h"
#include "base/path.h"
#include "base/units.h"
#include "explain/finding.h"
#include "explain/owners.h"
#include "explain/purge.h"

/* Below this CPU time, process start and exit are a large part of it. */
/* The least part of the account that exec and fork are to be named for. */
#define WORTH_MENTIONING 0.01
#define SHORT_NS (20.0 * NS_PER_MS)

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

void account_say_whose(const struct subject *subject, struct strbuf *text)
{
	struct owners_account account;

	owners_account(subject, &account);
	if (!owners_are_known(&account)) {
		strbuf_addstr(text, " for memory (whose doing that is, is not known)");
		return;
	}
	strbuf_addstr(text, " for memory. Of that: ");
	say_owners(&account, text);
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

static void say_refaults(const struct subject *subject, struct strbuf *text)
{
	double refaults = subject_get(subject, METRIC_REFAULTS);
	double per_second = subject_per_second(subject, METRIC_REFAULTS);

	if (refaults == 0) {
		strbuf_addstr(
			text,
			" None of the faults are refaults, of pages that had been given away.");
		return;
	}
	strbuf_addch(text, ' ');
	say_pct(text, subject_of_faults_pct(subject, refaults));
	strbuf_addstr(text, " of the faults are refaults, of pages that had been given away");
	say_causes(subject, text);
	if (per_second >= 1) {
		strbuf_addstr(text, "; ");
		format_count(text, per_second);
		strbuf_addstr(text, " a second");
	}
	strbuf_addch(text, '.');
}

static void say_classes(const struct subject *subject, struct strbuf *text)
{
	double unknown_pct =
		subject_of_faults_pct(subject, subject_known(subject, METRIC_UNKNOWN_FAULTS));
	double anew = purge_taken_anew(subject);

	say_refaults(subject, text);
	strbuf_addch(text, ' ');
	say_pct(text,
		subject_of_faults_pct(subject, subject_get(subject, METRIC_FIRST_TOUCH_FAULTS)));
	if (subject_of_faults_pct(subject, anew) >= 1) {
		strbuf_addstr(text, " are first touches, at least ");
		format_count(text, anew);
		strbuf_addstr(text, " of them in place of memory that munmap had given away.");
	} else {
		strbuf_addstr(text, " are first touches: growth.");
	}
	if (unknown_pct >= 1) {
		strbuf_addch(text, ' ');
		say_pct(text, unknown_pct);
		strbuf_addstr(text, " are on pages that the program had before madvisor looked.");
	}
	if (subject_known(subject, METRIC_OBSERVER_LOSSES) > 0)
		strbuf_addstr(text, " Events were lost: counts by cause are lower bounds.");
}

/* " madvisor-workload (process 4711) has 97% of that; " */
static void say_served(const struct subject *subject, struct strbuf *text)
{
	const struct served *served = &subject->contender->served;

	strbuf_addf(text, " %s (", path_name(served->path));
	if (served->processes > 1)
		strbuf_addf(text, "%" PRIu64 " processes", served->processes);
	else
		strbuf_addf(text, "process %" PRIu64, served->pid);
	strbuf_addstr(text, ") has ");
	say_pct(text, served->share_pct);
	strbuf_addstr(text, subject->timed ? " of that kernel time; " : " of the page faults; ");
}

/* "Its allocator is jemalloc 5.3.0 (linked-in), which reads _RJEM_MALLOC_CONF." */
static void say_whose(const struct subject *subject, struct strbuf *text)
{
	const struct contender *contender = subject->contender;
	bool is_another = contender->served.path;

	if (is_another)
		say_served(subject, text);
	if (!*subject->allocator) {
		strbuf_addf(text, "%s allocator serves it could not be told.",
			    is_another ? "which" : " Which");
		return;
	}
	strbuf_addf(text, "%s allocator is ", is_another ? "its" : " Its");
	say_allocator(text, subject);
	if (contender->how)
		strbuf_addf(text, " (%s)", contender->how);
	if (contender->env_var)
		strbuf_addf(text, ", which reads %s", contender->env_var);
	strbuf_addch(text, '.');
}

static void say_times(const struct subject *subject, struct strbuf *text)
{
	double error_ns = subject_get(subject, METRIC_FAULT_ERROR_NS);

	strbuf_addstr(text, " ");
	if (isnan(subject_get(subject, METRIC_FAULT_NS)))
		strbuf_addstr(text, "Next to nothing");
	else
		say_metric(text, subject, METRIC_FAULT_NS);
	if (error_ns > 0) {
		strbuf_addstr(text, " (give or take ");
		format_ns(text, error_ns);
		strbuf_addch(text, ')');
	}
	strbuf_addstr(text, " in ");
	format_count(text, subject->faults);
	strbuf_addf(text, " page fault%s and ", subject->faults == 1 ? "" : "s");
	format_ns(text, subject->calls_ns);
	strbuf_addstr(text, " in madvise, mmap, munmap, brk and the like");
	if (subject->start_ns >= WORTH_MENTIONING * subject->tax_ns) {
		strbuf_addstr(text, ", ");
		format_ns(text, subject->start_ns);
		strbuf_addstr(text, " in exec and fork");
	}
	strbuf_addstr(text, ", of ");
	format_ns(text, subject->cpu_ns);
	strbuf_addstr(text, " CPU time.");
}

void account_describe(const struct subject *subject, struct strbuf *text, struct finding *finding)
{
	bool is_short = subject->cpu_ns < SHORT_NS;

	if (is_short) {
		strbuf_addstr(text, " It ran for ");
		format_ns(text, subject->cpu_ns);
		strbuf_addstr(text, " of CPU time, mostly start and end of the process: "
				    "too short to judge.");
	}
	if (subject->timed)
		say_times(subject, text);
	if (subject->classified && subject->faults > 0)
		say_classes(subject, text);
	say_whose(subject, text);
	finding->confidence = is_short         ? CONFIDENCE_BOUNDED
			      : subject->timed ? CONFIDENCE_TIMED
					       : CONFIDENCE_COUNTED;
	finding->confidence *= finding_trust(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_SYS_NS, METRIC_MINOR_FAULTS,
			 METRIC_FAULT_NS, METRIC_FIRST_TOUCH_FAULTS, METRIC_REFAULTS,
			 METRIC_MADVISE_DONTNEED_NS, METRIC_MADVISE_FREE_NS, METRIC_MMAP_NS,
			 METRIC_MUNMAP_NS, METRIC_MREMAP_NS, METRIC_BRK_NS, METRIC_PEAK_RSS_BYTES);
}
