/* SPDX-License-Identifier: MIT */
/*
 * Threads that meet in the allocator wait for each other there: a lock that another thread holds takes a call of futex to
 * wait and one to wake. Which calls are the allocator's, the stacks tell that were taken of them. A cap on arenas, set
 * against memory, is the most frequent cause.
 */
#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/heaps.h"
#include "explain/locks.h"
#include "explain/remedy.h"
#include "explain/rule.h"

/* Settings that cap the number of arenas. */
static const char *const caps[] = { "arena_max", "narenas", NULL };

static const char *find_cap(const struct subject *subject, const char **ret_value)
{
	for (const char *const *cap = caps; *cap; cap++)
		if ((*ret_value = subject_setting(subject, *cap)))
			return *cap;
	return NULL;
}

static void say_cap(const struct subject *subject, struct strbuf *text)
{
	const char *value, *cap = find_cap(subject, &value);

	if (!cap)
		return;
	strbuf_addf(text, ". %s is set to %s", cap, value);
	strbuf_addstr(text, ": fewer arenas than threads, which saves memory, and is what costs "
			    "this time");
}

static void say_symptom(const struct subject *subject, struct strbuf *text)
{
	double error = subject_get(subject, METRIC_ALLOCATOR_LOCK_ERROR);

	say_pct(text, subject_share_pct(subject, subject_get(subject, METRIC_ALLOCATOR_LOCK_NS)));
	strbuf_addstr(text, " of its CPU time goes into ");
	strbuf_addstr(text, locks_name(subject));
	strbuf_addstr(text, ", in the kernel alone, and its threads waited ");
	say_metric(text, subject, METRIC_ALLOCATOR_LOCK_WAIT_NS);
	strbuf_addf(text, " for it, %.0f%% of the time that they ran or waited so: ",
		    locks_wait_pct(subject));
	say_metric(text, subject, METRIC_ALLOCATOR_LOCK_CALLS);
	if (error >= 1) {
		strbuf_addstr(text, " (give or take ");
		format_count(text, error);
		strbuf_addch(text, ')');
	}
	strbuf_addstr(text, " of ");
	say_metric(text, subject, METRIC_FUTEX_CALLS);
	strbuf_addstr(text, " calls of futex are inside malloc and free");
}

/* Without any waiting all CPUs are busy: no less wall time than that. */
static double most_wall_pct(const struct subject *subject)
{
	double wall_ns = subject_get(subject, METRIC_WALL_NS);
	double cpus = fmax(1, subject->result->host.cpus);

	return fmax(0, 100 * (1 - subject->cpu_ns / cpus / wall_ns));
}

static void predict(const struct subject *subject, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	double ns = subject_get(subject, METRIC_ALLOCATOR_LOCK_NS);
	double share_pct = subject_share_pct(subject, ns);

	if (!(share_pct >= 0) || !finding->setting_count)
		return;
	if (share_pct >= WORTH_PCT) {
		finding->predicted_gain_pct = fmin(100, share_pct);
		format_ns(&sb, ns);
		strbuf_addstr(&sb, " in these calls of futex, of ");
		format_ns(&sb, subject->cpu_ns);
		strbuf_addstr(&sb, " CPU time, if all of it goes away");
	} else {
		finding->gain_metric = METRIC_WALL_NS;
		finding->predicted_gain_pct = fmin(locks_wait_pct(subject), most_wall_pct(subject));
		say_metric(&sb, subject, METRIC_ALLOCATOR_LOCK_WAIT_NS);
		strbuf_addstr(&sb, " of waiting, of ");
		format_ns(&sb,
			  subject->cpu_ns + subject_get(subject, METRIC_ALLOCATOR_LOCK_WAIT_NS));
		strbuf_addstr(&sb, " that threads ran or waited so; if it all goes away, all "
				   "threads count alike, and there are CPUs for them");
	}
	finding->prediction = strbuf_detach(&sb);
}

/*
 * Who holds the lock while heaps are trimmed and grow again keeps the others waiting for the kernel's work: what ends that
 * work comes first, where it costs more than the lock itself. How much of the waiting that is was not measured. A cap on arenas
 * is the nearer cause.
 */
static bool is_held_for_the_kernel(const struct subject *subject)
{
	const char *value;

	return !find_cap(subject, &value) &&
	       heaps_trimming_ns(subject) > subject_get(subject, METRIC_ALLOCATOR_LOCK_NS);
}

/* Takes way number `way`; false where there is none. */
static bool take(const struct subject *subject, unsigned int way, bool for_kernel,
		 struct finding *finding)
{
	if (!for_kernel)
		return remedy_take(subject, SYMPTOM_LOCKED_ARENAS, way, finding);
	return way ? remedy_take(subject, SYMPTOM_LOCKED_ARENAS, way - 1, finding)
		   : heaps_keep(subject, finding);
}

static const char *advice(const struct finding *finding, bool for_kernel)
{
	if (!finding->setting_count)
		return ". No setting of its allocator is known against it; another allocator is: "
		       "madvisor compare";
	if (for_kernel)
		return ". glibc holds it while it gives the ends of its heaps back and takes them "
		       "again, so that the others wait for the kernel's work; how much of their "
		       "waiting that is was not measured";
	return ". An allocator with more locks, or without, may do more: madvisor compare";
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!locks_are_costly(subject))
		return false;
	bool for_kernel = is_held_for_the_kernel(subject);
	if (!take(subject, way, for_kernel, finding) && way > 0)
		return false;
	if (way == 0) {
		say_symptom(subject, &text);
		say_cap(subject, &text);
		strbuf_addstr(&text, advice(finding, for_kernel));
	} else {
		strbuf_addstr(&text, "The same lock, against which this may help instead");
	}
	strbuf_addch(&text, '.');
	finding->confidence = 0.8 * finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_WALL_NS, METRIC_CPU_NS, METRIC_FUTEX_CALLS,
			 METRIC_FUTEX_NS, METRIC_ALLOCATOR_LOCK_CALLS, METRIC_ALLOCATOR_LOCK_ERROR,
			 METRIC_ALLOCATOR_LOCK_NS, METRIC_ALLOCATOR_LOCK_WAIT_NS,
			 METRIC_PEAK_RSS_BYTES);
	if (for_kernel)
		finding->gain_metric = METRIC_WALL_NS;
	else
		predict(subject, finding);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_allocator_lock = {
	.id = "allocator-lock",
	.description = "threads wait for each other inside the allocator",
	.examine = examine,
};
