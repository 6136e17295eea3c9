/* SPDX-License-Identifier: MIT */
#include "model/headline.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/lookup.h"

bool result_is_explanation(const struct result *result)
{
	return result->kind == RESULT_EXPLAIN && result->case_count == 1 &&
	       result_find_role(result, ROLE_BASELINE) != SIZE_MAX;
}

bool result_noise_is_known(const struct result *result)
{
	size_t twin = result_find_role(result, ROLE_TWIN);

	if (isnan(result->noise_floor_pct) || twin == SIZE_MAX)
		return false;
	for (size_t i = 0; i < result->summary_count; i++)
		if (result->summaries[i].contender_index == twin &&
		    result->summaries[i].metric == result->command.metric &&
		    result->summaries[i].rounds >= SUMMARY_ROUNDS_MIN)
			return true;
	return false;
}

/* How far a ratio is on the good side of 1: below 0 for worse. */
static double goodness(const struct result *result, enum metric_id metric, double ratio)
{
	double logarithm = log(ratio);

	return result_metric_better(result, metric) == BETTER_HIGHER ? logarithm : -logarithm;
}

static struct headline_count count_cases(const struct result *result, const struct lookup *lookup,
					 size_t contender_index, enum metric_id metric)
{
	struct headline_count count = { .mean = NAN, .worst = NAN, .worst_case = SIZE_MAX };
	double sum = 0, least = INFINITY;

	for (size_t c = 0; c < result->case_count; c++) {
		const struct summary *summary = lookup_summary(lookup, c, contender_index, metric);

		if (!summary)
			continue;
		if (summary->has_verdict)
			count.verdicts[summary->verdict]++;
		if (!(summary->ratio > 0))
			continue;
		sum += log(summary->ratio);
		count.cases++;
		if (goodness(result, metric, summary->ratio) < least) {
			least = goodness(result, metric, summary->ratio);
			count.worst = summary->ratio;
			count.worst_case = c;
		}
	}
	if (count.cases)
		count.mean = exp(sum / (double)count.cases);
	return count;
}

static int compare_rows(const void *a, const void *b, void *context)
{
	const struct headline *headline = context;
	const struct headline_row *x = a, *y = b;
	const size_t *xv = x->judged.verdicts, *yv = y->judged.verdicts;
	/* Without a case that is worse by so many: sums that cannot go below 0. */
	size_t x_net = xv[VERDICT_FASTER] + yv[VERDICT_SLOWER];
	size_t y_net = yv[VERDICT_FASTER] + xv[VERDICT_SLOWER];
	double x_good = goodness(headline->result, headline->metric, x->judged.mean);
	double y_good = goodness(headline->result, headline->metric, y->judged.mean);

	if (x_net != y_net)
		return x_net > y_net ? -1 : 1;
	if (isnan(x_good) != isnan(y_good))
		return isnan(x_good) ? 1 : -1;
	if (x_good > y_good || x_good < y_good)
		return x_good > y_good ? -1 : 1;
	return x->contender_index < y->contender_index ? -1 : 1;
}

/* A contender that was withdrawn before it ran has no row: neither a run nor a figure. */
static bool *find_participants(const struct result *result)
{
	bool *ran = xcalloc(result->contender_count + 1, sizeof(*ran));

	for (size_t i = 0; i < result->run_count; i++)
		ran[result->runs[i].contender_index] = true;
	for (size_t i = 0; i < result->summary_count; i++)
		ran[result->summaries[i].contender_index] = true;
	return ran;
}

static void add_rows(struct headline *headline, const struct lookup *lookup)
{
	const struct result *result = headline->result;
	_cleanup_free_ bool *ran = find_participants(result);

	headline->rows = xcalloc(result->contender_count + 1, sizeof(*headline->rows));
	for (size_t i = 0; i < result->contender_count; i++) {
		if (result->contenders[i].role != ROLE_CONTENDER || !ran[i])
			continue;
		struct headline_row *row = &headline->rows[headline->row_count++];
		row->contender_index = i;
		row->judged = count_cases(result, lookup, i, headline->metric);
		row->memory = count_cases(result, lookup, i, headline->memory);
		headline->unclear += row->judged.verdicts[VERDICT_UNCLEAR];
	}
	qsort_r(headline->rows, headline->row_count, sizeof(*headline->rows), compare_rows,
		headline);
}

static struct headline_case look_at_case(const struct headline *headline,
					 const struct lookup *lookup, size_t case_index)
{
	struct headline_case item = { case_index, SIZE_MAX, SIZE_MAX, 0 };
	double best = 0, worst = 0;

	for (size_t i = 0; i < headline->row_count; i++) {
		size_t contender = headline->rows[i].contender_index;
		const struct summary *summary =
			lookup_summary(lookup, case_index, contender, headline->metric);

		if (!summary || !summary->has_verdict || !(summary->ratio > 0))
			continue;
		double good = goodness(headline->result, headline->metric, summary->ratio);
		if (summary->verdict == VERDICT_FASTER && good > best) {
			best = good;
			item.fastest = contender;
		} else if (summary->verdict == VERDICT_SLOWER && good < worst) {
			worst = good;
			item.slowest = contender;
		}
	}
	item.distance = fmax(best, -worst);
	return item;
}

static int compare_cases(const void *a, const void *b)
{
	const struct headline_case *x = a, *y = b;

	if (x->distance > y->distance || x->distance < y->distance)
		return x->distance > y->distance ? -1 : 1;
	return x->case_index < y->case_index ? -1 : 1;
}

static void add_cases(struct headline *headline, const struct lookup *lookup)
{
	const struct result *result = headline->result;

	headline->cases = xcalloc(result->case_count + 1, sizeof(*headline->cases));
	for (size_t c = 0; c < result->case_count; c++) {
		struct headline_case item = look_at_case(headline, lookup, c);

		if (item.fastest != SIZE_MAX || item.slowest != SIZE_MAX)
			headline->cases[headline->case_count++] = item;
	}
	qsort(headline->cases, headline->case_count, sizeof(*headline->cases), compare_cases);
}

/* Whether there is a line to copy for it, and no run spoke against it. */
static bool is_remedy(const struct finding *finding)
{
	return finding->setting_count && finding->settings[0].variable &&
	       (finding_gained(finding) || finding->judgement == JUDGEMENT_NOT_VERIFIED);
}

/*
 * The finding to act on: the first with a real gain, or else the first that was not tried. One whose
 * gain is too small to matter is passed over, and *ret_negligible set.
 */
static const struct finding *find_remedy(const struct result *result, bool *ret_negligible)
{
	const struct finding *untried = NULL;

	*ret_negligible = false;
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		if (!is_remedy(finding))
			continue;
		if (finding_is_negligible(finding, result->command.margin_pct)) {
			*ret_negligible = true;
			continue;
		}
		if (finding_gained(finding))
			return finding;
		if (!untried)
			untried = finding;
	}
	return untried;
}

static bool any_was_tried(const struct result *result)
{
	for (size_t i = 0; i < result->finding_count; i++)
		if (result->findings[i].judgement != JUDGEMENT_NOT_VERIFIED)
			return true;
	return false;
}

static bool proposes_settings(const struct result *result)
{
	for (size_t i = 0; i < result->finding_count; i++)
		if (result->findings[i].setting_count)
			return true;
	return false;
}

/* Whether a probe below the best one saw too little: only that the kernel takes hardly any time is told by all. */
static bool was_unseen(const struct result *result)
{
	const char *probe = result->command.probe;

	for (size_t i = 0; i < result->finding_count; i++)
		if (!strcmp(result->findings[i].id, "no-kernel-tax"))
			return false;
	return probe && strcmp(probe, "bpf") != 0 && result->command.probe_lost;
}

/* Findings are in order of what they cost: the first that no run spoke against. Another allocator is a cure, not a cause. */
static const struct finding *find_cause(const struct result *result)
{
	const struct finding *first = NULL;

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		if (finding_is_account(finding) || finding_is_difference(finding) ||
		    !strcmp(finding->id, FINDING_ANOTHER_ALLOCATOR))
			continue;
		if (finding->judgement != JUDGEMENT_REFUTED)
			return finding;
		if (!first)
			first = finding;
	}
	return first;
}

static bool has_environment(const struct contender *contender, char *const *env)
{
	size_t i = 0;

	if (!contender->env || !env)
		return false;
	while (contender->env[i] && env[i] && !strcmp(contender->env[i], env[i]))
		i++;
	return i > 0 && !contender->env[i] && !env[i];
}

static size_t contender_with(const struct headline *headline, const struct finding *remedy)
{
	for (size_t i = 0; i < headline->row_count; i++) {
		size_t contender = headline->rows[i].contender_index;

		if (has_environment(&headline->result->contenders[contender], remedy->env))
			return contender;
	}
	return SIZE_MAX;
}

/* The part of the CPU time of the observed run that is the allocator's doing; NAN: not known. */
static double allocator_part(const struct result *result, size_t run_index)
{
	bool known = false;

	for (size_t i = 0; i < result->owner_share_count; i++) {
		const struct owner_share *share = &result->owner_shares[i];

		if (share->run_index != run_index || share->metric != METRIC_CPU_NS)
			continue;
		if (share->owner == OWNER_ALLOCATOR)
			return share->part;
		known = true;
	}
	return known ? 0 : NAN;
}

static void take_shares(struct headline *headline)
{
	const struct result *result = headline->result;

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];
		double cpu_ns = metrics_program_ns(&run->metrics);

		if (run->contender_index != headline->baseline || !run->observed || run->error)
			continue;
		headline->idle = cpu_ns == 0;
		if (!(cpu_ns > 0))
			return;
		headline->kernel_pct = 100 * metrics_kernel_ns(&run->metrics) / cpu_ns;
		headline->memory_pct = 100 * metrics_memory_ns(&run->metrics) / cpu_ns;
		headline->allocator_pct = 100 * allocator_part(result, i);
		return;
	}
}

static void advise_from_findings(struct headline *headline)
{
	const struct result *result = headline->result;
	bool negligible;

	take_shares(headline);
	headline->cause = find_cause(result);
	headline->remedy = find_remedy(result, &negligible);
	if (headline->remedy) {
		headline->remedy_contender = contender_with(headline, headline->remedy);
		headline->cause = headline->remedy;
		headline->advice = finding_gained(headline->remedy) ? ADVICE_SET : ADVICE_TRY;
	} else if (negligible) {
		headline->advice = ADVICE_NEGLIGIBLE;
	} else if (any_was_tried(result)) {
		headline->advice = ADVICE_REFUTED;
	} else if (result->finding_count && !proposes_settings(result)) {
		headline->advice = was_unseen(result) ? ADVICE_UNSEEN : ADVICE_NONE_KNOWN;
	}
}

/* A candidate that was neither confirmed nor shown to be as fast, or slower: more rounds could tell. */
static bool is_unsettled(const struct result *result, const struct tuning_finalist *finalist)
{
	const struct summary *time =
		result_find_summary(result, 0, finalist->contender_index, result->command.metric);

	return finalist->end == FINALIST_UNCONFIRMED &&
	       (!time || !time->has_verdict || time->verdict == VERDICT_UNCLEAR);
}

static void advise_from_tuning(struct headline *headline)
{
	const struct result *result = headline->result;
	const struct tuning *tuning = result->tuning;

	headline->finalist = tuning_recommended(tuning);
	if (headline->finalist) {
		headline->advice = ADVICE_SET;
		return;
	}
	headline->advice = result->partial ? ADVICE_INTERRUPTED : ADVICE_KEEP;
	for (size_t i = 0; !result->partial && i < tuning->finalist_count; i++)
		if (is_unsettled(result, &tuning->finalists[i]) ||
		    tuning->finalists[i].end == FINALIST_UNSETTLED)
			headline->advice = ADVICE_UNSETTLED;
}

void headline_init(struct headline *headline, const struct result *result)
{
	struct lookup lookup;

	*headline = (struct headline){
		.result = result,
		.metric = result->command.metric,
		.baseline = result_find_role(result, ROLE_BASELINE),
		.kernel_pct = NAN,
		.memory_pct = NAN,
		.allocator_pct = NAN,
		.remedy_contender = SIZE_MAX,
		.noise_pct = result_noise_is_known(result) ? result->noise_floor_pct : NAN,
	};
	headline->noisy = headline->noise_pct > result->command.margin_pct;
	lookup_init(&lookup, result);
	headline->memory = lookup_memory_metric(&lookup, result);
	add_rows(headline, &lookup);
	add_cases(headline, &lookup);
	lookup_release(&lookup);
	if (result->tuning)
		advise_from_tuning(headline);
	else if (result_is_explanation(result))
		advise_from_findings(headline);
}

void headline_release(struct headline *headline)
{
	free(headline->rows);
	free(headline->cases);
	*headline = (struct headline){ 0 };
}
