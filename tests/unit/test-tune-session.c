/* SPDX-License-Identifier: MIT */
/* A search that goes on decides as it would have: on a program whose runs are known. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/random.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "model/document.h"
#include "tune/session.h"

static const struct setting_info items[] = {
	{ .key = "size",
	  .kind = SETTING_INT,
	  .max = 100,
	  .search = "1 2 4 8",
	  .scale = SCALE_POWERS },
	{ .key = "idle", .kind = SETTING_INT, .max = 100, .search = "1 3", .scale = SCALE_STEPS },
	{ .key = "crash", .kind = SETTING_INT, .max = 100, .search = "1", .scale = SCALE_LISTED },
};
static const struct setting_group group = { "imagined", items, 3 };

struct play {
	struct result scratch, document;
	struct space space;
	struct search search;
	struct tuning_session session;
	struct session_clock clock;
	uint64_t timeout_ns;
	size_t lived;        /* runs that were made, not told */
	size_t killed_after; /* 0: never */
};

static int resolve(void *context, size_t owner, const struct setting *settings, size_t count,
		   struct contender *ret, char **ret_reason, struct error *err)
{
	struct strbuf name = STRBUF_INIT;

	for (size_t i = 0; i < count; i++)
		strbuf_addf(&name, "%s:%s,", settings[i].key, settings[i].value);
	*ret = (struct contender){ .name = strbuf_detach(&name) };
	return 1;
}

/* What a run takes depends on what is run and on its number alone, as noise that is the same each time. */
static int trial(void *context, size_t contender_index, unsigned int round, enum trial_end *ret_end,
		 struct error *err)
{
	struct play *play = context;
	const char *name = play->scratch.contenders[contender_index].name;
	struct random noise;

	if (play->killed_after && play->lived == play->killed_after)
		return -ECANCELED;
	play->lived++;
	random_init(&noise, round * 7919 + contender_index);
	struct run *run = result_add_run(&play->scratch);
	*ret_end = strstr(name, "crash") ? TRIAL_FAILED : TRIAL_DONE;
	if (*ret_end == TRIAL_FAILED) {
		run->error = xstrdup("it crashed");
		return 0;
	}
	run->metrics.value[METRIC_WALL_NS] =
		(strstr(name, "size:8") ? 5e6 : 1e7) * (1 + 0.1 * random_unit(&noise));
	run->metrics.value[METRIC_PEAK_RSS_BYTES] = 1e6 / 3;
	return 0;
}

static void begin(struct play *play, const struct tuning *earlier, size_t killed_after)
{
	*play = (struct play){ .killed_after = killed_after };
	result_init(&play->scratch);
	result_init(&play->document);
	result_add_contender(&play->scratch)->name = xstrdup("glibc");
	result_add_case(&play->scratch)->name = xstrdup("command");
	play->scratch.command.metric = METRIC_WALL_NS;
	play->document.tuning = xcalloc(1, sizeof(struct tuning));
	space_add(&play->space, "imagined", &group, NULL);
	session_clock_init(&play->clock);
	play->session = (struct tuning_session){
		.scratch = &play->scratch,
		.search = &play->search,
		.tuning = play->document.tuning,
		.earlier = earlier,
		.clock = &play->clock,
		.max_runs = 150,
		.timeout_ns = &play->timeout_ns,
		.resolve = resolve,
		.trial = trial,
		.context = play,
	};
	play->search = (struct search){
		.space = &play->space,
		.margin_pct = 5,
		.seed = 4,
		.host = session_host(&play->session),
	};
}

static void end(struct play *play)
{
	session_release(&play->session);
	search_release(&play->search);
	space_release(&play->space);
	result_release(&play->scratch);
	result_release(&play->document);
}

static void same_samples(const struct tuning *one, const struct tuning *two, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(one->samples[i].settings, two->samples[i].settings);
		assert_int_equal(one->samples[i].block, two->samples[i].block);
		assert_true(one->samples[i].value == two->samples[i].value ||
			    (isnan(one->samples[i].value) && isnan(two->samples[i].value)));
	}
}

static void what_goes_on_ends_as_it_would_have(void **state)
{
	struct play whole;

	begin(&whole, NULL, 0);
	assert_int_equal(search_run(&whole.search, NULL), 0);
	session_account(&whole.session);
	const struct tuning *wanted = whole.document.tuning;
	assert_true(wanted->sample_count >= 100);
	assert_int_equal(wanted->sample_count, whole.lived);

	for (size_t killed = 1; killed < wanted->sample_count; killed += 13) {
		struct play first, second;

		begin(&first, NULL, killed);
		assert_int_equal(search_run(&first.search, NULL), -ECANCELED);
		assert_int_equal(first.document.tuning->sample_count, killed);

		begin(&second, first.document.tuning, 0);
		assert_int_equal(search_run(&second.search, NULL), 0);
		session_account(&second.session);
		const struct tuning *got = second.document.tuning;
		assert_int_equal(second.lived, wanted->sample_count - killed);
		assert_int_equal(got->sample_count, wanted->sample_count);
		same_samples(got, wanted, wanted->sample_count);
		assert_int_equal(got->trial_count, wanted->trial_count);
		for (size_t i = 0; i < wanted->trial_count; i++) {
			assert_string_equal(got->trials[i].settings, wanted->trials[i].settings);
			assert_int_equal(got->trials[i].blocks, wanted->trials[i].blocks);
		}
		assert_int_equal(second.search.winner, whole.search.winner);
		end(&second);
		end(&first);
	}
	end(&whole);
}

/* Time that went into earlier runs counts. */
static void earlier_time_counts(void **state)
{
	struct play first, second;

	const uint64_t budget_ns = UINT64_C(20000000000000);

	begin(&first, NULL, 20);
	first.session.budget_ns = budget_ns;
	assert_int_equal(search_run(&first.search, NULL), -ECANCELED);
	assert_int_equal(first.document.tuning->sample_count, 20);
	first.document.tuning->samples[19].spent_ns = (double)budget_ns;
	begin(&second, first.document.tuning, 1);
	second.session.budget_ns = budget_ns;
	(void)!search_run(&second.search, NULL);
	assert_true(second.clock.ahead_ns >= budget_ns - UINT64_C(1000000000000));
	assert_true(second.session.spent_ns >= budget_ns);
	assert_true(second.search.host.runs_left(second.search.host.context) <= 0);
	end(&second);
	end(&first);
}

static void another_search_is_refused(void **state)
{
	struct play first, second;
	struct error err = ERROR_INIT;

	begin(&first, NULL, 30);
	assert_int_equal(search_run(&first.search, NULL), -ECANCELED);
	begin(&second, first.document.tuning, 0);
	second.search.seed = 5;
	assert_int_equal(search_run(&second.search, &err), -EINVAL);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_non_null(strstr(err.message, "cannot go on"));
	error_release(&err);
	end(&second);
	end(&first);
}

/* Of a killed search the samples alone are left: they tell its candidates. */
static void samples_tell_the_candidates(void **state)
{
	struct play play;

	begin(&play, NULL, 0);
	assert_int_equal(search_run(&play.search, NULL), 0);
	session_account(&play.session);
	struct tuning told = { .samples = play.document.tuning->samples,
			       .sample_count = play.document.tuning->sample_count };
	struct result result;
	result_init(&result);
	result.command.metric = METRIC_WALL_NS;
	result.tuning = &told;
	tuning_retell(&result);
	assert_true(told.trial_count > 5);
	assert_int_equal(told.blocks, play.document.tuning->blocks);
	for (size_t i = 0; i < told.trial_count; i++) {
		const struct tuning_trial *wanted = NULL, *trial = &told.trials[i];

		for (size_t k = 0; k < play.document.tuning->trial_count; k++)
			if (!strcmp(play.document.tuning->trials[k].settings, trial->settings))
				wanted = &play.document.tuning->trials[k];
		assert_non_null(wanted);
		assert_int_equal(trial->blocks, wanted->blocks);
		assert_true(trial->rejected ? wanted->rejected != NULL
					    : fabs(trial->time - wanted->time) < 1e-9);
	}
	struct tuning *owned = xcalloc(1, sizeof(*owned));
	*owned = told;
	owned->samples = NULL;
	owned->sample_count = 0;
	result.tuning = owned;
	result_release(&result);
	end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_on_ends_as_it_would_have),
		cmocka_unit_test(earlier_time_counts),
		cmocka_unit_test(another_search_is_refused),
		cmocka_unit_test(samples_tell_the_candidates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
