/* SPDX-License-Identifier: MIT */
#include "tune/session.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "launch/interrupt.h"
#include "stats/location.h"
#include "tune/race.h"

/* A run may take so many times what the default takes, and so much on top, for a machine that stumbles. */
#define TIMEOUT_FACTOR 5
#define TIMEOUT_GRACE_NS NS_PER_SEC
/* The default may fail so often in a row before the search ends: a port in use, memory short for a moment. */
#define DEFAULT_TRIES 2
#define BLOCK_RUNS_MAX 8
#define CONFIDENCE 0.95
#define DEFAULT_TEXT "the default" /* as space_describe() has it */

static uint64_t ahead_now_ns(void *context)
{
	const struct session_clock *clock = context;

	return clock_now_ns(&clock_real) + clock->ahead_ns;
}

void session_clock_init(struct session_clock *clock)
{
	*clock = (struct session_clock){ { ahead_now_ns, clock }, 0 };
}

static uint64_t elapsed_ns(const struct tuning_session *session)
{
	return clock_now_ns(&session->clock->clock) - session->started_ns;
}

/* By what the samples say alone, so that an earlier search is repeated exactly. */
static double runs_left(void *context)
{
	const struct tuning_session *session = context;
	double spent = (double)session->spent_ns, budget = (double)session->budget_ns;

	if (!session->interrupted && !session->budget_ns)
		return fmax((double)session->max_runs - session->runs, 0);
	if (session->interrupted || spent >= budget)
		return 0;
	return session->runs > 0 ? session->runs * (budget - spent) / spent : 1;
}

static struct setting *settings_of(const struct space *space, const size_t *choices,
				   size_t *ret_count)
{
	struct setting *settings = xcalloc(space->count + 1, sizeof(*settings));

	*ret_count = 0;
	for (size_t i = 0; i < space->count; i++)
		if (choices[i] && i != space->chooser)
			settings[(*ret_count)++] = (struct setting){
				(char *)space->knobs[i].info->key,
				space->knobs[i].values[choices[i] - 1],
			};
	return settings;
}

static int admit(void *context, size_t id, const size_t *choices, char **ret_reason,
		 struct error *err)
{
	struct tuning_session *session = context;
	struct contender contender = { 0 };
	size_t count;
	_cleanup_free_ struct setting *settings =
		settings_of(session->search->space, choices, &count);
	int r = session->resolve(session->context, space_chosen(session->search->space, choices),
				 settings, count, &contender, ret_reason, err);

	if (r <= 0)
		return r;
	*result_add_contender(session->scratch) = contender;
	if (id >= session->contender_alloc) {
		size_t alloc = 2 * id + 16;

		session->contenders =
			xreallocarray(session->contenders, alloc, sizeof(*session->contenders));
		memset(session->contenders + session->contender_alloc, 0,
		       (alloc - session->contender_alloc) * sizeof(*session->contenders));
		session->contender_alloc = alloc;
	}
	session->contenders[id] = session->scratch->contender_count - 1;
	return 1;
}

static size_t contender_of(const struct tuning_session *session, size_t id)
{
	return id == SEARCH_TWIN || id >= session->contender_alloc ? 0 : session->contenders[id];
}

static void report_progress(const struct tuning_session *session, enum tuning_stage stage,
			    size_t id)
{
	static const char *const phases[] = {
		[TUNING_NOISE] = "the default against itself",
		[TUNING_SEEDS] = "searching",
		[TUNING_MOVES] = "searching",
		[TUNING_ABLATION] = "taking the best apart",
	};
	_cleanup_strbuf_ struct strbuf phase = STRBUF_INIT;
	double best = INFINITY;

	if (!session->progress)
		return;
	for (size_t i = 0; i < session->search->count; i++)
		best = fmin(best, race_score(session->search, i));
	strbuf_addstr(&phase, phases[stage]);
	if (best < 0)
		strbuf_addf(&phase, ", best so far %.2fx", exp(best));
	const struct progress progress = {
		.phase = phase.buf,
		.case_name = session->scratch->cases[0].name,
		.contender_name = session->scratch->contenders[contender_of(session, id)].name,
		.done = (size_t)session->runs,
		.elapsed_ns = elapsed_ns(session),
		.budget_ns = session->budget_ns,
	};
	session->progress(session->context, &progress);
}

/* Figures of one run: NAN where it failed, with the reason. */
struct sample {
	double value, memory;
	char *failure;
};

static char *describe(const struct tuning_session *session, size_t id)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (id == SEARCH_TWIN)
		return xstrdup(DEFAULT_TEXT);
	space_describe(session->search->space, session->search->items[id].choices, &sb);
	return strbuf_detach(&sb);
}

/* As the document keeps it: model/document.c. */
static double as_written(double value)
{
	_cleanup_free_ char *digits = isfinite(value) ? xasprintf("%.15g", value) : NULL;

	return digits ? strtod(digits, NULL) : NAN;
}

/* Runs the contender; false: it was interrupted, and there is no sample. */
static int run_live(struct tuning_session *session, size_t contender, bool *ret_ran,
		    struct tuning_sample *sample, struct error *err)
{
	struct result *scratch = session->scratch;
	size_t kept = scratch->run_count;
	enum trial_end end = TRIAL_INTERRUPTED;
	int r = session->trial(session->context, contender, (unsigned int)session->runs + 1, &end,
			       err);

	if (r < 0)
		return r;
	session->interrupted =
		session->interrupted || end == TRIAL_INTERRUPTED || interrupt_pending();
	*ret_ran = scratch->run_count > kept && end != TRIAL_INTERRUPTED;
	if (*ret_ran) {
		struct run *run = &scratch->runs[scratch->run_count - 1];

		sample->value = as_written(run->metrics.value[scratch->command.metric]);
		sample->memory = as_written(run->metrics.value[METRIC_PEAK_RSS_BYTES]);
		sample->wall_ns = as_written(run->metrics.value[METRIC_WALL_NS]);
		sample->failure = end == TRIAL_FAILED ? TAKE_PTR(run->error) : NULL;
		if (end == TRIAL_FAILED && !sample->failure)
			sample->failure = xstrdup("it failed");
	}
	for (; scratch->run_count > kept; scratch->run_count--) {
		free(scratch->runs[scratch->run_count - 1].probe);
		free(scratch->runs[scratch->run_count - 1].error);
	}
	return 0;
}

/* Takes the next of the earlier samples, which has to be the one that is due. */
static int tell_again(struct tuning_session *session, struct tuning_sample *sample,
		      struct error *err)
{
	const struct tuning_sample *earlier = &session->earlier->samples[session->told];

	if (strcmp(earlier->settings, sample->settings) != 0 || earlier->block != sample->block) {
		error_set(
			err, ERROR_USAGE, EINVAL,
			"cannot go on: run %zu of the search was of '%s', but would now be of '%s'",
			session->told + 1, earlier->settings, sample->settings);
		error_hint(err,
			   "madvisor, the allocator or the options have changed since: tune anew");
		return -EINVAL;
	}
	session->told++;
	sample->value = earlier->value;
	sample->memory = earlier->memory;
	sample->wall_ns = earlier->wall_ns;
	sample->failure = earlier->failure ? xstrdup(earlier->failure) : NULL;
	sample->spent_ns = earlier->spent_ns;
	session->clock->ahead_ns += (uint64_t)earlier->spent_ns - elapsed_ns(session);
	return 0;
}

static void add_sample(struct tuning_session *session, const struct tuning_sample *sample)
{
	struct tuning *tuning = session->tuning;

	*ARRAY_PUSH(tuning->samples, tuning->sample_count, tuning->sample_alloc) = *sample;
	session->runs++;
	session->spent_ns = (uint64_t)sample->spent_ns;
}

static int run_once(struct tuning_session *session, size_t id, struct sample *ret,
		    struct error *err)
{
	struct tuning_sample sample = {
		describe(session, id), session->block, NAN, NAN, NAN, NAN, NULL
	};
	bool told = session->earlier && session->told < session->earlier->sample_count, ran = told;
	int r = told ? tell_again(session, &sample, err)
		     : run_live(session, contender_of(session, id), &ran, &sample, err);

	*ret = (struct sample){ NAN, NAN, NULL };
	if (r < 0 || !ran) {
		free(sample.settings);
		return r;
	}
	if (!told)
		sample.spent_ns = (double)elapsed_ns(session);
	if (id == SEARCH_TWIN && sample.wall_ns > (double)session->longest_ns)
		session->longest_ns = (uint64_t)sample.wall_ns;
	*ret = (struct sample){ sample.value, sample.memory,
				sample.failure ? xstrdup(sample.failure) : NULL };
	add_sample(session, &sample);
	if (!told && session->keep)
		session->keep(session->context);
	return 0;
}

/* The default has to run: without it a block says nothing. */
static int run_default(struct tuning_session *session, struct sample *ret, struct error *err)
{
	for (int tries = 1;; tries++) {
		int r = run_once(session, SEARCH_TWIN, ret, err);

		if (r < 0 || !ret->failure || session->interrupted)
			return r;
		if (tries == DEFAULT_TRIES) {
			r = error_set(err, ERROR_TARGET, ECHILD, "%s fails under its default: %s",
				      session->scratch->cases[0].name, ret->failure);
			free(TAKE_PTR(ret->failure));
			return r;
		}
		free(TAKE_PTR(ret->failure));
	}
}

static void score(const struct tuning_session *session, const struct sample *sample,
		  const struct sample *initial, struct block_score *ret)
{
	enum metric_id metric = session->scratch->command.metric;
	double log_time = log(sample->value / initial->value);

	ret->log_time = result_metric_better(session->scratch, metric) == BETTER_HIGHER ? -log_time
											: log_time;
	ret->log_memory = log(sample->memory / initial->memory);
}

/* The bound of a run, from the slowest of the default's. */
static void bound_runs(struct tuning_session *session)
{
	uint64_t bound = TIMEOUT_FACTOR * session->longest_ns + TIMEOUT_GRACE_NS;

	if (session->longest_ns && (!*session->timeout_ns || bound < *session->timeout_ns))
		*session->timeout_ns = bound;
}

static int block(void *context, enum tuning_stage stage, const size_t *ids, size_t count,
		 struct block_score *scores, struct error *err)
{
	struct tuning_session *session = context;
	size_t order[BLOCK_RUNS_MAX];
	struct sample samples[BLOCK_RUNS_MAX] = { 0 };
	int r = 0;

	for (size_t i = 0; i <= count; i++)
		order[i] = i;
	random_shuffle(&session->search->random, order, count + 1);
	session->block++;
	for (size_t i = 0; r == 0 && i <= count; i++) {
		size_t k = order[i];

		samples[k].value = samples[k].memory = NAN;
		if (session->interrupted)
			continue;
		report_progress(session, stage, k == count ? SEARCH_TWIN : ids[k]);
		r = k == count ? run_default(session, &samples[k], err)
			       : run_once(session, ids[k], &samples[k], err);
	}
	for (size_t i = 0; i < count; i++) {
		score(session, &samples[i], &samples[count], &scores[i]);
		scores[i].failure = session->interrupted ? NULL : TAKE_PTR(samples[i].failure);
		free(samples[i].failure);
	}
	free(samples[count].failure);
	if (stage == TUNING_NOISE)
		bound_runs(session);
	return r;
}

struct search_host session_host(struct tuning_session *session)
{
	session->started_ns = clock_now_ns(&session->clock->clock);
	return (struct search_host){ admit, block, runs_left, session };
}

struct contender *session_contender(const struct tuning_session *session, size_t id)
{
	size_t index = contender_of(session, id);

	return index ? &session->scratch->contenders[index] : NULL;
}

static void account_trial(const struct tuning_session *session, const struct attempt *candidate,
			  struct tuning_trial *trial)
{
	const struct location time =
		candidate->blocks ? location_of(candidate->log_time, candidate->blocks, CONFIDENCE)
				  : (struct location){ NAN, NAN, NAN, NAN, 0 };
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	space_describe(session->search->space, candidate->choices, &sb);
	*trial = (struct tuning_trial){
		.settings = strbuf_detach(&sb),
		.stage = candidate->stage,
		.origin = xstrdup(candidate->origin),
		.blocks = candidate->blocks,
		.time = exp(time.estimate),
		.time_low = exp(time.low),
		.time_high = exp(time.high),
		.memory = exp(candidate_log_memory(candidate)),
		.rejected = candidate->rejected ? xstrdup(candidate->rejected) : NULL,
	};
}

void session_account(const struct tuning_session *session)
{
	struct search *search = session->search;
	struct tuning *tuning = session->tuning;

	tuning->noise_pct = 100 * expm1(search->noise);
	tuning->blocks = search->blocks;
	tuning->search_ns = (double)elapsed_ns(session);
	for (size_t i = 0; i < search->count; i++)
		account_trial(session, &search->items[i],
			      ARRAY_PUSH(tuning->trials, tuning->trial_count, tuning->trial_alloc));
	tuning->knobs = TAKE_PTR(search->knobs);
	tuning->knob_count = search->knob_count;
	tuning->knob_alloc = search->knob_alloc;
	search->knob_count = search->knob_alloc = 0;
}

void session_release(struct tuning_session *session)
{
	free(session->contenders);
	session->contenders = NULL;
}
