/* SPDX-License-Identifier: MIT */
/*
 * Why a contender is faster or slower than the baseline. The timed rounds show where the time goes;
 * the observed ones show what the kernel does there.
 */
#include <math.h>

#include "base/array.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "explain/explain.h"
#include "explain/finding.h"
#include "explain/rule.h"

/* A component with at least this part of a difference is named as its cause. */
#define MAIN_PART 0.5
#define LARGE_PART 0.25
/* A class of faults below this share is not named. */
#define CLASS_PCT 10.0

/* One contender in one case: what the rounds took, and what the observer saw. */
struct side {
	const char *name;
	double user_ns, sys_ns, cpu_ns, faults; /* medians of the rounds */
	struct subject seen;
};

struct difference {
	const struct result *result;
	struct side contender, baseline;
	double wall_ratio;
	bool slower;
};

static double estimate(const struct result *result, size_t case_index, size_t contender_index,
		       enum metric_id metric)
{
	const struct summary *summary =
		result_find_summary(result, case_index, contender_index, metric);

	return summary ? summary->estimate : NAN;
}

static bool side_init(struct side *side, const struct result *result,
		      const struct setting_catalogue *catalogue, size_t case_index,
		      size_t contender_index)
{
	*side = (struct side){
		.name = result->contenders[contender_index].name,
		.user_ns = estimate(result, case_index, contender_index, METRIC_USER_NS),
		.sys_ns = estimate(result, case_index, contender_index, METRIC_SYS_NS),
		.faults = estimate(result, case_index, contender_index, METRIC_MINOR_FAULTS),
	};
	side->cpu_ns = side->user_ns + side->sys_ns;
	return side->cpu_ns > 0 &&
	       subject_init(&side->seen, result, catalogue, case_index, contender_index);
}

/* The one that takes longer: what it does is the reason. */
static const struct side *heavy_side(const struct difference *difference)
{
	return difference->slower ? &difference->contender : &difference->baseline;
}

static const struct side *light_side(const struct difference *difference)
{
	return difference->slower ? &difference->baseline : &difference->contender;
}

/*
 * The timed part of the tax. The light side's may lack the time of a few faults that were not
 * sampled: then the excess is an upper bound.
 */
static double timed_tax_ns(const struct side *side)
{
	return isnan(side->seen.tax_ns) ? side->seen.calls_ns : side->seen.tax_ns;
}

/* The excess of the slower side over the faster one. */
static double excess(const struct difference *difference, double contender, double baseline)
{
	return difference->slower ? contender - baseline : baseline - contender;
}

/* "A against B" */
static void say_both_ns(struct strbuf *sb, double contender, double baseline)
{
	format_ns(sb, contender);
	strbuf_addstr(sb, " against ");
	format_ns(sb, baseline);
}

static void say_both_counts(struct strbuf *sb, double contender, double baseline, const char *noun)
{
	if (contender > 0)
		format_count(sb, contender);
	else
		strbuf_addstr(sb, "no");
	strbuf_addf(sb, " %s%s against ", noun, contender == 1 ? "" : "s");
	format_count(sb, baseline);
}

static double kernel_pct(const struct side *side)
{
	return 100 * side->sys_ns / side->cpu_ns;
}

static void say_kernel_shares(const struct difference *difference, struct strbuf *sb)
{
	say_pct(sb, kernel_pct(&difference->contender));
	strbuf_addstr(sb, " of CPU time against ");
	say_pct(sb, kernel_pct(&difference->baseline));
}

static const struct {
	enum metric_id id;
	const char *what;
} classes[] = {
	{ METRIC_FIRST_TOUCH_FAULTS, "first touches" },
	{ METRIC_REFAULTS_DONTNEED, "refaults after madvise(DONTNEED)" },
	{ METRIC_REFAULTS_FREE, "refaults after madvise(FREE)" },
	{ METRIC_REFAULTS_MUNMAP, "refaults after munmap" },
	{ METRIC_REFAULTS_BRK, "refaults after brk" },
	{ METRIC_REFAULTS_MREMAP, "refaults after mremap" },
	{ METRIC_REFAULTS_MMAP, "refaults after mmap over them" },
	{ METRIC_COW_FAULTS, "copies after fork" },
};

/* The largest class of the heavy side's faults. */
static void say_class(const struct difference *difference, struct strbuf *sb)
{
	const struct side *heavy = heavy_side(difference);
	size_t largest = 0;

	if (!heavy->seen.classified || !(heavy->seen.faults > 0))
		return;
	for (size_t i = 1; i < ARRAY_SIZE(classes); i++)
		if (subject_known(&heavy->seen, classes[i].id) >
		    subject_known(&heavy->seen, classes[largest].id))
			largest = i;
	double pct = subject_of_faults_pct(&heavy->seen,
					   subject_known(&heavy->seen, classes[largest].id));
	if (pct < CLASS_PCT)
		return;
	if (difference->slower)
		strbuf_addf(sb, ", %.0f%% of them %s", pct, classes[largest].what);
	else
		strbuf_addf(sb, ", %.0f%% of %s's are %s", pct, heavy->name, classes[largest].what);
}

static void say_faults_of_both(const struct difference *difference, struct strbuf *sb)
{
	double contender = difference->contender.faults, baseline = difference->baseline.faults;

	strbuf_addstr(sb, "; ");
	say_both_counts(sb, contender, baseline, "page fault");
	if (contender > baseline && baseline > 0) {
		strbuf_addstr(sb, " (");
		format_ratio(sb, contender / baseline);
		strbuf_addch(sb, ')');
	}
}

static const struct {
	enum metric_id ns, calls;
	const char *name;
} calls[] = {
	{ METRIC_MADVISE_DONTNEED_NS, METRIC_MADVISE_DONTNEED_CALLS, "madvise(DONTNEED) call" },
	{ METRIC_MADVISE_FREE_NS, METRIC_MADVISE_FREE_CALLS, "madvise(FREE) call" },
	{ METRIC_MMAP_NS, METRIC_MMAP_CALLS, "mmap call" },
	{ METRIC_MUNMAP_NS, METRIC_MUNMAP_CALLS, "munmap call" },
	{ METRIC_MREMAP_NS, METRIC_MREMAP_CALLS, "mremap call" },
	{ METRIC_BRK_NS, METRIC_BRK_CALLS, "brk call" },
	{ METRIC_MPROTECT_NS, METRIC_MPROTECT_CALLS, "mprotect call" },
	{ METRIC_FUTEX_NS, METRIC_FUTEX_CALLS, "futex call" },
};

static void say_calls_of_both(const struct difference *difference, size_t i, struct strbuf *sb)
{
	const struct subject *contender = &difference->contender.seen;
	const struct subject *baseline = &difference->baseline.seen;

	strbuf_addstr(sb, "; ");
	say_both_counts(sb, subject_get(contender, calls[i].calls),
			subject_get(baseline, calls[i].calls), calls[i].name);
	strbuf_addstr(sb, " (");
	say_both_ns(sb, subject_get(contender, calls[i].ns), subject_get(baseline, calls[i].ns));
	strbuf_addch(sb, ')');
}

static void say_smaller_part(const struct difference *difference, struct strbuf *sb)
{
	const struct side *heavy = heavy_side(difference);

	strbuf_addstr(sb, "; page faults and memory calls are the smaller part of it (");
	if (light_side(difference)->seen.timed) {
		say_both_ns(sb, difference->contender.seen.tax_ns,
			    difference->baseline.seen.tax_ns);
	} else {
		format_ns(sb, heavy->seen.tax_ns);
		strbuf_addf(sb, " of %s's", heavy->name);
	}
	strbuf_addch(sb, ')');
}

/* CPU time in futex that is not in the account yet. */
static double other_locks_ns(const struct subject *subject)
{
	return subject_known(subject, METRIC_FUTEX_NS) -
	       subject_known(subject, METRIC_ALLOCATOR_LOCK_NS);
}

static void say_locks(double locks_ns, double more_ns, struct strbuf *sb)
{
	if (locks_ns >= MAIN_PART * more_ns)
		strbuf_addstr(sb, "; most of it is taking and passing on locks (futex)");
}

/*
 * If the heavy side was timed: names the faults and calls that make up much of the extra kernel
 * time. Returns whether these are its main part.
 */
static bool say_timed_causes(const struct difference *difference, double more_ns, struct strbuf *sb)
{
	const struct subject *contender = &difference->contender.seen;
	const struct subject *baseline = &difference->baseline.seen;
	/* The same program under two allocators: what it waits for more are the allocator's locks, or follows from them. */
	double locks_ns =
		fmax(0, excess(difference, other_locks_ns(contender), other_locks_ns(baseline)));
	double tax_ns = locks_ns + excess(difference, timed_tax_ns(&difference->contender),
					  timed_tax_ns(&difference->baseline));

	if (tax_ns < MAIN_PART * more_ns) {
		say_smaller_part(difference, sb);
		return false;
	}
	say_locks(locks_ns, more_ns, sb);
	if (excess(difference, subject_known(contender, METRIC_FAULT_NS),
		   subject_known(baseline, METRIC_FAULT_NS)) >= LARGE_PART * tax_ns) {
		say_faults_of_both(difference, sb);
		say_class(difference, sb);
	}
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (excess(difference, subject_get(contender, calls[i].ns),
			   subject_get(baseline, calls[i].ns)) >= LARGE_PART * tax_ns)
			say_calls_of_both(difference, i, sb);
	return true;
}

/* The first rule that `madvisor explain` would report of the heavy side's allocator, if any. */
static const char *habit_of(const struct difference *difference)
{
	const struct side *heavy = heavy_side(difference);

	for (size_t i = 0; i < rule_count; i++) {
		const struct rule *rule = rules[i];
		struct result scratch;

		if (rule == &rule_kernel_tax || rule == &rule_no_kernel_tax)
			continue;
		result_init(&scratch);
		struct finding *finding = result_add_finding(&scratch);
		bool holds = rule->examine(&heavy->seen, 0, finding) &&
			     finding->gain_metric == METRIC_CPU_NS;
		result_release(&scratch);
		if (holds)
			return rule->id;
	}
	return NULL;
}

static void explain_kernel(const struct difference *difference, struct strbuf *sb)
{
	const struct side *contender = &difference->contender, *baseline = &difference->baseline;
	double more_ns = excess(difference, subject_get(&contender->seen, METRIC_SYS_NS),
				subject_get(&baseline->seen, METRIC_SYS_NS));
	bool has_more_faults = excess(difference, contender->faults, baseline->faults) > 0;

	strbuf_addstr(sb, "kernel time ");
	say_both_ns(sb, contender->sys_ns, baseline->sys_ns);
	strbuf_addstr(sb, ", ");
	say_kernel_shares(difference, sb);
	/* An observed run without the difference cannot explain it. */
	if (!heavy_side(difference)->seen.timed || !(more_ns > 0)) {
		if (has_more_faults)
			say_faults_of_both(difference, sb);
		return;
	}
	const char *habit = say_timed_causes(difference, more_ns, sb) ? habit_of(difference) : NULL;
	if (habit)
		strbuf_addf(sb, " [%s]", habit);
	if (subject_known(&contender->seen, METRIC_OBSERVER_LOSSES) > 0 ||
	    subject_known(&baseline->seen, METRIC_OBSERVER_LOSSES) > 0)
		strbuf_addstr(sb,
			      "; the observer lost events: refaults and calls are lower bounds");
}

static void explain_user(const struct difference *difference, struct strbuf *sb)
{
	strbuf_addstr(sb, "in user space, ");
	say_both_ns(sb, difference->contender.user_ns, difference->baseline.user_ns);
	strbuf_addstr(sb, "; in the kernel ");
	say_both_ns(sb, difference->contender.sys_ns, difference->baseline.sys_ns);
}

static void explain_wait(const struct difference *difference, struct strbuf *sb)
{
	const struct subject *contender = &difference->contender.seen;
	const struct subject *baseline = &difference->baseline.seen;

	strbuf_addf(sb, "its threads wait %s: CPU time ", difference->slower ? "more" : "less");
	say_both_ns(sb, difference->contender.cpu_ns, difference->baseline.cpu_ns);
	if (heavy_side(difference)->seen.wait_pct < LOCK_PCT || isnan(contender->wait_pct) ||
	    isnan(baseline->wait_pct))
		return;
	strbuf_addstr(sb, "; for mmap_lock ");
	say_both_ns(sb, subject_get(contender, METRIC_MMAP_LOCK_WAIT_NS),
		    subject_get(baseline, METRIC_MMAP_LOCK_WAIT_NS));
}

/* Kernel, user or wait difference, by the figures of the rounds; returns the finding's id. */
static const char *explain_difference(const struct difference *difference, struct strbuf *sb)
{
	const struct side *contender = &difference->contender, *baseline = &difference->baseline;
	double cpu_ns = excess(difference, contender->cpu_ns, baseline->cpu_ns);
	double sys_ns = excess(difference, contender->sys_ns, baseline->sys_ns);
	double wall_part = fabs(difference->wall_ratio - 1);

	if (cpu_ns < MAIN_PART * wall_part * baseline->cpu_ns) {
		explain_wait(difference, sb);
		return FINDING_WAIT_DIFFERENCE;
	}
	if (sys_ns < MAIN_PART * cpu_ns) {
		explain_user(difference, sb);
		return FINDING_USER_DIFFERENCE;
	}
	explain_kernel(difference, sb);
	return FINDING_KERNEL_DIFFERENCE;
}

static bool difference_init(struct difference *difference, const struct result *result,
			    const struct setting_catalogue *catalogue,
			    const struct summary *summary)
{
	size_t baseline = result_find_role(result, ROLE_BASELINE);

	*difference = (struct difference){
		.result = result,
		.wall_ratio = summary->ratio,
		.slower = summary->verdict == VERDICT_SLOWER,
	};
	return summary->ratio > 0 && baseline != SIZE_MAX &&
	       side_init(&difference->contender, result, catalogue, summary->case_index,
			 summary->contender_index) &&
	       side_init(&difference->baseline, result, catalogue, summary->case_index, baseline);
}

static void add_difference(struct result *result, const struct setting_catalogue *catalogue,
			   const struct summary *summary)
{
	struct difference difference;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!difference_init(&difference, result, catalogue, summary))
		return;
	const char *id = explain_difference(&difference, &text);
	const struct side *contender = &difference.contender;
	struct finding *finding = result_add_finding(result);
	finding->id = xstrdup(id);
	finding->case_index = summary->case_index;
	finding->contender_index = summary->contender_index;
	finding->gain_metric = summary->metric;
	finding->confidence = finding_confidence(&heavy_side(&difference)->seen);
	FINDING_EVIDENCE(finding, &contender->seen, METRIC_REFAULTS, METRIC_FIRST_TOUCH_FAULTS,
			 METRIC_REFAULTS_DONTNEED, METRIC_REFAULTS_FREE, METRIC_REFAULTS_MUNMAP,
			 METRIC_REFAULTS_BRK, METRIC_MADVISE_DONTNEED_CALLS, METRIC_MUNMAP_CALLS,
			 METRIC_BRK_CALLS, METRIC_OBSERVER_LOSSES);
	finding->evidence.value[METRIC_USER_NS] = contender->user_ns;
	finding->evidence.value[METRIC_SYS_NS] = contender->sys_ns;
	finding->evidence.value[METRIC_MINOR_FAULTS] = contender->faults;
	finding->text = strbuf_detach(&text);
}

/* Times compare only for equal work; with a user's own metric the amount of work may differ. */
static bool is_settled(const struct result *result, const struct summary *summary)
{
	return summary->metric == METRIC_WALL_NS && result->command.metric == METRIC_WALL_NS &&
	       result->contenders[summary->contender_index].role == ROLE_CONTENDER &&
	       summary->has_verdict &&
	       (summary->verdict == VERDICT_FASTER || summary->verdict == VERDICT_SLOWER);
}

void result_explain_differences(struct result *result, const struct setting_catalogue *catalogue)
{
	while (result->finding_count)
		result_remove_finding(result, result->finding_count - 1);
	for (size_t i = 0; i < result->summary_count; i++)
		if (is_settled(result, &result->summaries[i]))
			add_difference(result, catalogue, &result->summaries[i]);
}
