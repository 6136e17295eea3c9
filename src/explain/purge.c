/* SPDX-License-Identifier: MIT */
#include "explain/purge.h"

#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/owners.h"

/*
 * The least number of calls for the rule to hold. A process that is watched for a while may make few, of large blocks;
 * whether they matter, the pages that come back and their time say.
 */
#define HABIT_CALLS 3
/* The least number of pages that come back, and their least part of all faults. */
#define HABIT_PAGES 100
#define LEAST_PART 0.01

const struct purge purge_dontneed = {
	.call = "madvise(MADV_DONTNEED)",
	.cause = PURGE_DONTNEED,
	.refaults = METRIC_REFAULTS_DONTNEED,
	.calls = METRIC_MADVISE_DONTNEED_CALLS,
	.bytes = METRIC_MADVISE_DONTNEED_BYTES,
	.ns = METRIC_MADVISE_DONTNEED_NS,
	.given_part = 1,
};

const struct purge purge_munmap = {
	.call = "munmap",
	.cause = PURGE_MUNMAP,
	.refaults = METRIC_REFAULTS_MUNMAP,
	.calls = METRIC_MUNMAP_CALLS,
	.bytes = METRIC_MUNMAP_BYTES,
	.ns = METRIC_MUNMAP_NS,
	.given_part = 1,
};

const struct purge purge_brk = {
	.call = "brk",
	.cause = PURGE_BRK,
	.refaults = METRIC_REFAULTS_BRK,
	.calls = METRIC_BRK_CALLS,
	.bytes = METRIC_BRK_BYTES,
	.ns = METRIC_BRK_NS,
	.given_part =
		0.5, /* brk grows and shrinks by the same bytes, where it is not known which */
};

/* Where they are counted apart, only the calls of brk that lower the break. */
static const struct purge *counted(const struct purge *purge, const struct subject *subject)
{
	static const struct purge shrinks = {
		.call = "brk",
		.cause = PURGE_BRK,
		.refaults = METRIC_REFAULTS_BRK,
		.calls = METRIC_BRK_SHRINK_CALLS,
		.bytes = METRIC_BRK_SHRINK_BYTES,
		.ns = METRIC_BRK_SHRINK_NS,
		.given_part = 1,
	};

	return purge == &purge_brk && metrics_has(&subject->metrics, METRIC_BRK_SHRINK_CALLS)
		       ? &shrinks
		       : purge;
}

/* 1 where no stacks tell whose they are. */
static double part_of(const struct purge *purge, const struct subject *subject)
{
	double part = owners_allocator_part(subject, purge->cause);

	return isnan(part) ? 1 : part;
}

double purge_pages(const struct purge *purge, const struct subject *subject)
{
	purge = counted(purge, subject);
	return part_of(purge, subject) * purge->given_part * subject_get(subject, purge->bytes) /
	       subject->page_bytes;
}

double purge_taken_anew(const struct subject *subject)
{
	double touches = subject_get(subject, METRIC_FIRST_TOUCH_FAULTS);
	struct owner_parts parts;

	if (!subject->classified || !metrics_has(&subject->metrics, METRIC_REFAULTS_AT_LEAST))
		return 0;
	/* Faults beyond what can be there at once, less those that are known to be on pages that it had. */
	double anew = subject_get(subject, METRIC_REFAULTS_AT_LEAST) - (subject->faults - touches);
	owner_parts_of_metric(subject, METRIC_FIRST_TOUCH_FAULTS, &parts);
	if (!isnan(parts.part[OWNER_ALLOCATOR]))
		touches *= parts.part[OWNER_ALLOCATOR];
	anew = fmin(fmin(anew, touches), purge_pages(&purge_munmap, subject));
	return anew > 0 ? anew : 0;
}

/* How many times over the pages that mmap fills in are those that it had: by the most that it had at a time. */
double purge_filled_anew(const struct subject *subject)
{
	double filled = subject_get(subject, METRIC_POPULATED_PAGES);
	double most = subject_get(subject, METRIC_PEAK_RSS_BYTES) / subject->page_bytes;
	struct owner_parts parts;

	if (!subject->classified || !(filled > most))
		return 0;
	owner_parts_of_metric(subject, METRIC_MMAP_CALLS, &parts);
	double part = isnan(parts.part[OWNER_ALLOCATOR]) ? 1 : parts.part[OWNER_ALLOCATOR];
	return fmin(part * (filled - most), purge_pages(&purge_munmap, subject));
}

/* The time of mmap that goes into these pages. */
static double filling_ns(const struct purge *purge, const struct subject *subject)
{
	double anew = purge->cause == PURGE_MUNMAP ? purge_filled_anew(subject) : 0;

	return anew > 0 ? subject_known(subject, METRIC_MMAP_NS) * anew /
				  subject_get(subject, METRIC_POPULATED_PAGES)
			: 0;
}

static double refaults_there(const struct purge *purge, const struct subject *subject)
{
	return part_of(purge, subject) * subject_get(subject, purge->refaults);
}

double purge_refaults(const struct purge *purge, const struct subject *subject)
{
	return refaults_there(purge, subject) +
	       (purge->cause == PURGE_MUNMAP ? purge_taken_anew(subject) : 0);
}

static double calls_ns(const struct purge *purge, const struct subject *subject)
{
	purge = counted(purge, subject);
	return part_of(purge, subject) * subject_get(subject, purge->ns) +
	       filling_ns(purge, subject);
}

double purge_cost_ns(const struct purge *purge, const struct subject *subject)
{
	return subject_faults_ns(subject, purge_refaults(purge, subject)) +
	       calls_ns(purge, subject);
}

/* Whether what goes comes back: enough of it to speak of, in a program's life. */
static bool comes_back(const struct purge *purge, const struct subject *subject)
{
	double pages = subject->classified ? purge_refaults(purge, subject)
					   : subject_refaults_bound(subject);

	if (purge->cause == PURGE_MUNMAP)
		pages += purge_filled_anew(subject);
	return pages >= HABIT_PAGES && pages >= LEAST_PART * subject->faults;
}

bool purge_is_costly(const struct purge *purge, const struct subject *subject)
{
	double share_pct = subject_share_pct(subject, purge_cost_ns(purge, subject));

	purge = counted(purge, subject);
	if (!(subject_get(subject, purge->calls) * part_of(purge, subject) >= HABIT_CALLS) ||
	    !comes_back(purge, subject))
		return false;
	if (!isnan(share_pct))
		return share_pct >= WORTH_PCT;
	double pages = subject->classified
			       ? purge_refaults(purge, subject)
			       : fmin(purge_pages(purge, subject), subject_refaults_bound(subject));
	return pages >= subject->faults / 4 && subject_may_be_taxed(subject);
}

bool purge_is_told(const struct purge *purge, const struct subject *subject)
{
	struct owner_parts parts;

	if (!isnan(owners_allocator_part(subject, purge->cause)))
		return true;
	owner_parts_of(subject, purge->cause, &parts);
	bool tell_nothing = !isnan(parts.part[OWNER_UNKNOWN]);
	return (subject->classified && !tell_nothing) || purge == &purge_brk;
}

void say_untold(const struct subject *subject, struct strbuf *text)
{
	strbuf_addstr(text,
		      "; but so do a program that maps and unmaps by itself, threads that end, and "
		      "malloc_trim(). ");
	strbuf_addstr(
		text,
		subject->classified
			? "Which of these it is, the stacks do not tell, as their functions "
			  "have no names, so that nothing is proposed; debug symbols may name "
			  "them: the C library's (Debian: libc6-dbg), or the program's own "
			  "where it is static and stripped"
			: "Which of these it is, this probe does not see, so that nothing is "
			  "proposed; the bpf probe does: run this as root, or see `madvisor "
			  "doctor`");
}

/* What came back at other addresses: it is not told by the page, but by how much was there at a time. */
static void say_taken_anew(const struct subject *subject, double anew, struct strbuf *text)
{
	say_faults(text, subject, anew);
	strbuf_addstr(text,
		      " at least are on memory mapped anew, in place of what munmap had given "
		      "away: it touched ");
	format_bytes(text, subject_get(subject, METRIC_FIRST_TOUCH_FAULTS) * subject->page_bytes);
	strbuf_addstr(text, " for the first time, and never had more than ");
	format_bytes(text, subject_get(subject, METRIC_PEAK_RSS_BYTES));
	strbuf_addstr(text, " of it. ");
}

static void say_refaults_there(const struct purge *purge, const struct subject *subject,
			       double refaults, struct strbuf *text)
{
	say_faults(text, subject, refaults);
	strbuf_addf(text, " are refaults: on pages that %s%s had given away. ",
		    part_of(purge, subject) < 0.995 ? "its " : "", purge->call);
}

/* What comes back without a fault. */
static void say_filled(const struct subject *subject, struct strbuf *text)
{
	format_count(text, purge_filled_anew(subject));
	strbuf_addstr(text, " pages came back without a fault: mmap fills in what it maps, as the "
			    "program asked for by mlockall or MAP_POPULATE: ");
	format_bytes(text, subject_get(subject, METRIC_POPULATED_PAGES) * subject->page_bytes);
	strbuf_addstr(text, " in all, of never more than ");
	format_bytes(text, subject_get(subject, METRIC_PEAK_RSS_BYTES));
	strbuf_addstr(text, " at a time. ");
}

static void say_refaults(const struct purge *purge, const struct subject *subject,
			 struct strbuf *text)
{
	double refaults = refaults_there(purge, subject);
	double anew = purge_refaults(purge, subject) - refaults;
	double least = LEAST_PART * subject->faults;

	if (!isnan(refaults)) {
		if (anew > refaults)
			say_taken_anew(subject, anew, text);
		if (refaults >= least || !(anew >= least))
			say_refaults_there(purge, subject, refaults, text);
		if (anew >= least && !(anew > refaults))
			say_taken_anew(subject, anew, text);
		return;
	}
	double pages = fmin(purge_pages(purge, subject), subject_refaults_bound(subject));
	strbuf_addf(text, "%s gave away as many pages as come back in %.0f%% of ", purge->call,
		    fmin(100, subject_of_faults_pct(subject, pages)));
	format_count(text, subject->faults);
	strbuf_addstr(text,
		      " page faults; which of these are refaults, and how long they take, the "
		      "probe could not see. ");
}

/* Where others make such calls as well. */
static void say_part(const struct purge *purge, const struct subject *subject, struct strbuf *text)
{
	struct owner_parts parts;

	owner_parts_of(subject, purge->cause, &parts);
	double part = owners_allocator_part(subject, purge->cause);
	if (!(part < 0.995))
		return;
	strbuf_addf(text, "The allocator's part of that is %.0f%%", 100 * part);
	if (100 * parts.error[OWNER_ALLOCATOR] >= 1)
		strbuf_addf(text, " (give or take %.0f%%)",
			    100 * 1.96 * parts.error[OWNER_ALLOCATOR]);
	strbuf_addstr(text, ", by sampled stacks. ");
}

void purge_describe(const struct purge *purge, const struct subject *subject, struct strbuf *text,
		    struct finding *finding)
{
	purge = counted(purge, subject);
	say_share(text, subject, purge_cost_ns(purge, subject));
	bool is_filled = purge->cause == PURGE_MUNMAP && purge_filled_anew(subject) >= HABIT_PAGES;

	if (!is_filled || purge_refaults(purge, subject) >= 1)
		say_refaults(purge, subject, text);
	if (is_filled)
		say_filled(subject, text);
	say_calls(text, subject, purge->calls, purge->bytes,
		  purge->given_part < 1       ? "moved the heap's end by"
		  : purge->cause == PURGE_BRK ? "lowered the heap's end by"
					      : "gave away");
	double mean_bytes = subject_mean(subject, purge->bytes, purge->calls);
	if (!isnan(mean_bytes)) {
		strbuf_addstr(text, ", ");
		format_bytes(text, mean_bytes);
		strbuf_addstr(text, " each");
	}
	strbuf_addstr(text, ". ");
	say_part(purge, subject, text);
	finding->confidence = finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_MINOR_FAULTS, METRIC_FAULT_NS,
			 purge->refaults, purge->calls, purge->bytes, purge->ns,
			 METRIC_PEAK_RSS_BYTES);
	finding_predict(finding, subject, purge_refaults(purge, subject), "these refaults",
			calls_ns(purge, subject),
			filling_ns(purge, subject) > 0 ? "the calls, and in filling in"
						       : "the calls");
}
