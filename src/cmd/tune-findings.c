/* SPDX-License-Identifier: MIT */
/* What explain proposes for the default, from one observed run of it: the search tries that first. A part of cmd/tune. */
#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cmd/contenders.h"
#include "cmd/tune-target.h"
#include "explain/explain.h"
#include "model/summarise.h"
#include "probe/rungs.h"
#include "run/observe.h"
#include "run/once.h"
#include "run/references.h"
#include "stacks/symbolise.h"

static struct measure *measure_of(const struct target *target)
{
	return &target->options->compare.measure;
}

/* "trim_threshold=1G, mmap_threshold=1G"; empty where a setting is no key of an allocator. */
static void describe(const struct finding *finding, struct strbuf *sb)
{
	for (size_t i = 0; i < finding->setting_count; i++) {
		const struct finding_setting *setting = &finding->settings[i];

		if (!setting->key || !setting->value || strpbrk(setting->value, ",=")) {
			strbuf_truncate(sb, 0);
			return;
		}
		strbuf_addf(sb, "%s%s=%s", sb->len ? ", " : "", setting->key, setting->value);
	}
}

static void add_proposal(struct tuning *tuning, const char *finding, const char *settings)
{
	for (size_t i = 0; i < tuning->proposal_count; i++)
		if (!strcmp(tuning->proposals[i].settings, settings))
			return;
	*ARRAY_PUSH(tuning->proposals, tuning->proposal_count, tuning->proposal_alloc) =
		(struct tuning_proposal){ xstrdup(finding), xstrdup(settings) };
}

/* Why there is no such run; NULL: there is. */
static const char *obstacle(const struct target *target)
{
	const struct compare_options *compare = &target->options->compare;

	if (!measure_of(target)->observer)
		return "no probe that observes works here, or was asked for";
	if (compare->server)
		return "a server is not";
	if (compare->prepare || compare->conclude)
		return "--prepare and --conclude would be left out";
	return NULL;
}

static int observe(struct target *target, struct result *seen, struct error *err)
{
	struct measure *measure = measure_of(target);
	const struct case_info *item = &target->scratch.cases[0];
	_cleanup_identification_ struct identification workload = { 0 };
	_cleanup_free_ char *work =
		xasprintf("--iterations=%llu", (unsigned long long)item->iterations);
	const char *argv[] = { target->catalogue.program, item->name, work, NULL };
	bool is_case = target->options->case_name != NULL;
	struct program program = is_case ? (struct program){ .argv = argv }
					 : compare_program(&target->compare, 0, 0);
	int r = is_case ? identify_program(measure, argv[0], &workload, err) : 0;
	if (r < 0)
		return r;
	const struct observation observation = {
		.result = seen,
		.probe = measure->observer,
		.named = is_case ? &workload : &target->program,
		.stacks = measure->observer == &probe_bpf && symbolise_check(NULL) == 0,
		.identity = &measure->setup.identity,
		.duration_ns = measure->setup.timeout_ns,
	};
	struct observed observed = { 0 };
	struct taxpayer taxpayer = { 0 };

	program.output = LAUNCH_DISCARD;
	r = observe_command(&observation, &program, &measure->setup, &observed, &taxpayer, err);
	seen->partial = observed.end == LAUNCH_INTERRUPTED;
	observed_release(&observed);
	taxpayer_release(&taxpayer);
	return r;
}

static void look(struct target *target, struct tuning *tuning)
{
	_cleanup_error_ struct error failure = ERROR_INIT;
	struct measure *measure = measure_of(target);
	const struct progress progress = { .phase = "observing",
					   .case_name = target->scratch.cases[0].name,
					   .contender_name = measure->result.contenders[0].name };
	struct result seen;
	struct host none;

	measure_progress(measure, &progress);
	result_init(&seen);
	/* Rules read it: huge pages are proposed where the kernel gives them. Borrowed. */
	none = seen.host;
	seen.host = measure->result.host;
	seen.kind = RESULT_EXPLAIN;
	seen.command.confidence = measure->result.command.confidence;
	seen.command.margin_pct = measure->result.command.margin_pct;
	result_add_case(&seen)->name = xstrdup(target->scratch.cases[0].name);
	result_add_copy(&seen, &measure->result.contenders[0],
			xstrdup(measure->result.contenders[0].name), ROLE_BASELINE);
	int r = observe(target, &seen, &failure);
	if (r == 0) {
		result_summarise(&seen, seen.command.confidence);
		result_explain(&seen, allocator_catalogue());
	} else {
		result_add_note(&measure->result, "not observed before the search: %s",
				failure.message);
	}
	for (size_t i = 0; r == 0 && i < seen.finding_count; i++) {
		_cleanup_strbuf_ struct strbuf settings = STRBUF_INIT;

		describe(&seen.findings[i], &settings);
		if (settings.len)
			add_proposal(tuning, seen.findings[i].id, settings.buf);
	}
	seen.host = none;
	result_release(&seen);
}

/* Gives the space the proposed values; what it has no knob for goes. */
static void widen(struct space *space, struct tuning *tuning)
{
	size_t kept = 0;

	for (size_t i = 0; i < tuning->proposal_count; i++) {
		if (space_widen(space, tuning->proposals[i].settings)) {
			tuning->proposals[kept++] = tuning->proposals[i];
			continue;
		}
		free(tuning->proposals[i].finding);
		free(tuning->proposals[i].settings);
	}
	tuning->proposal_count = kept;
}

char **target_find_proposals(struct target *target, struct tuning *tuning, struct space *space)
{
	struct command *command = &measure_of(target)->result.command;
	const struct tuning *earlier = target->resume ? target->resume->earlier.tuning : NULL;
	const char *why = obstacle(target);

	for (size_t i = 0; earlier && i < earlier->proposal_count; i++)
		add_proposal(tuning, earlier->proposals[i].finding, earlier->proposals[i].settings);
	if (!earlier && why)
		result_add_note(&measure_of(target)->result,
				"not observed before the search, which goes on without explain's "
				"findings: %s",
				why);
	else if (!earlier)
		look(target, tuning);
	/* All that is in the document was run under the lowest rung. */
	free(command->probe);
	command->probe = xstrdup(probe_rusage.name);
	free(TAKE_PTR(command->probe_lost));
	free(TAKE_PTR(command->probe_hooks));
	widen(space, tuning);
	char **texts = xcalloc(tuning->proposal_count + 1, sizeof(*texts));
	for (size_t i = 0; i < tuning->proposal_count; i++)
		texts[i] = tuning->proposals[i].settings;
	return texts;
}
