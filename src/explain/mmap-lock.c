/* SPDX-License-Identifier: MIT */
/*
 * Faults, mmap, munmap and brk of one process take one lock. Threads that give memory back and
 * fault it in again wait for each other there. Waiting takes wall time only, so the gain is of wall
 * time. Where the work under the lock takes hardly any time, who holds it does not run: fewer calls would
 * not shorten that, and nothing is proposed or predicted.
 */
#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "explain/finding.h"
#include "explain/heaps.h"
#include "explain/owners.h"
#include "explain/remedy.h"
#include "explain/rule.h"

static void predict(const struct subject *subject, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	finding->gain_metric = METRIC_WALL_NS;
	finding->predicted_gain_pct = subject->wait_pct;
	say_metric(&sb, subject, METRIC_MMAP_LOCK_WAIT_NS);
	strbuf_addstr(&sb, " of waiting, of ");
	format_ns(&sb, subject->cpu_ns + subject_get(subject, METRIC_MMAP_LOCK_WAIT_NS));
	strbuf_addstr(
		&sb,
		" that threads ran or waited so; if it all goes away, and all threads count alike");
	finding->prediction = strbuf_detach(&sb);
}

/* Whether threads wait for work under the lock, rather than for a holder that waits itself. */
static bool is_held_at_work(const struct subject *subject)
{
	return !subject->timed || subject_share_pct(subject, subject->tax_ns) >= WORTH_PCT;
}

/* What takes the lock, and how often: faults to read what is mapped, calls to change it. */
static void say_takers(const struct subject *subject, struct strbuf *text)
{
	static const struct {
		enum metric_id metric;
		const char *what;
	} takers[] = {
		{ METRIC_REFAULTS, "refaults" },
		{ METRIC_FIRST_TOUCH_FAULTS, "first touches" },
		{ METRIC_MADVISE_DONTNEED_CALLS, "madvise(MADV_DONTNEED)" },
		{ METRIC_MPROTECT_CALLS, "mprotect" },
		{ METRIC_MMAP_CALLS, "mmap" },
		{ METRIC_MUNMAP_CALLS, "munmap" },
		{ METRIC_BRK_CALLS, "brk" },
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(takers); i++) {
		if (!(subject_get(subject, takers[i].metric) > 0))
			continue;
		strbuf_addstr(text, any ? ", " : ". What takes it: ");
		strbuf_addf(text, "%s ", takers[i].what);
		format_count(text, subject_get(subject, takers[i].metric));
		any = true;
	}
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !(subject->wait_pct >= LOCK_PCT))
		return false;
	strbuf_addstr(&text, "Its threads waited ");
	say_metric(&text, subject, METRIC_MMAP_LOCK_WAIT_NS);
	strbuf_addf(
		&text,
		" for the lock of their address space (mmap_lock), %.0f%% of the time that they ran "
		"or waited so",
		subject->wait_pct);
	if (!isnan(subject->calls_ns) && subject->timed) {
		strbuf_addstr(&text, ", beside ");
		format_ns(&text, subject->tax_ns);
		strbuf_addstr(&text, " of CPU time in page faults and memory calls, which hold it");
	}
	say_takers(subject, &text);
	if (is_held_at_work(subject))
		strbuf_addstr(
			&text,
			". Fewer of these calls are less waiting; it grows with the number of "
			"threads, so verify on the machine that matters");
	if (!is_held_at_work(subject))
		strbuf_addstr(&text,
			      ". That work is too little for so much waiting: who held the "
			      "lock waited as well, for a CPU on a busy machine, or for a "
			      "disk. No setting changes that: look again on a quiet machine");
	else if (!owners_allocator_purges_most(subject))
		strbuf_addstr(&text, "; most of this is not its allocator's doing, and no setting "
				     "changes it");
	else if (!remedy_purge_less(subject, 0, finding))
		heaps_keep(subject, finding);
	strbuf_addch(&text, '.');
	finding->confidence = 0.6 * finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_WALL_NS, METRIC_CPU_NS, METRIC_MMAP_LOCK_WAIT_NS,
			 METRIC_FAULT_NS, METRIC_MINOR_FAULTS, METRIC_MADVISE_DONTNEED_CALLS,
			 METRIC_MMAP_CALLS, METRIC_MUNMAP_CALLS, METRIC_BRK_CALLS);
	if (is_held_at_work(subject))
		predict(subject, finding);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_mmap_lock = {
	.id = "mmap-lock",
	.description = "threads wait for each other's page faults and memory calls",
	.examine = examine,
};
