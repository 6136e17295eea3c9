/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/path.h"
#include "base/units.h"
#include "report/produce.h"

/* Starts the next item of a list. */
static struct strbuf *next(struct strbuf *sb)
{
	if (sb->len)
		strbuf_addstr(sb, ", ");
	return sb;
}

static void add_item(struct strbuf *sb, const char *before, const char *item)
{
	if (item && *item)
		strbuf_addf(next(sb), "%s%s", before, item);
}

static void say_fact(const struct production *production, const char *key, const struct strbuf *sb)
{
	if (sb->len)
		production->emitter->fact(production->self, key, sb->buf);
}

static void say_machine(const struct production *production)
{
	const struct host *host = &production->result->host;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	add_item(&sb, "", host->cpu_model);
	if (host->cpus)
		add_counted(next(&sb), host->cpus, "CPU");
	if (host->memory_bytes)
		format_bytes(next(&sb), (double)host->memory_bytes);
	if (host->virtualization && strcmp(host->virtualization, "none"))
		add_item(&sb, "virtual machine: ", host->virtualization);
	add_item(&sb, "governor ", host->governor);
	say_fact(production, "machine", &sb);
}

static void say_system(const struct production *production)
{
	const struct host *host = &production->result->host;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	add_item(&sb, "Linux ", host->kernel);
	add_item(&sb, "", host->machine);
	add_item(&sb, "", host->os);
	add_item(&sb, "", host->libc);
	add_item(&sb, "THP ", host->thp);
	if (host->page_bytes) {
		format_size_exact(next(&sb), host->page_bytes);
		strbuf_addstr(&sb, " pages");
	}
	say_fact(production, "system", &sb);
}

static void add_version(struct strbuf *sb, const struct contender *contender)
{
	add_item(sb, "", contender->name);
	/* The name of a contender without a preloaded library does not say its allocator. */
	if (contender->how && contender->allocator && !contender->library)
		strbuf_addf(sb, ": %s", contender->allocator);
	if (contender->version)
		strbuf_addf(sb, " %s", contender->version);
	if (contender->served.path)
		strbuf_addf(sb, " in %s", path_name(contender->served.path));
}

static void say_contenders(const struct production *production)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (production->baseline != SIZE_MAX) {
		add_version(&sb, &result->contenders[production->baseline]);
		strbuf_addstr(&sb, " (baseline)");
	}
	for (size_t i = 0; i < production->contender_count; i++)
		add_version(&sb, &result->contenders[production->contenders[i]]);
	say_fact(production, "allocators", &sb);
}

/* Which of two builds is which. */
static void say_builds(const struct production *production)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	for (size_t i = 0; i < result->contender_count; i++) {
		const struct contender *contender = &result->contenders[i];

		if (contender->build && contender->role != ROLE_TWIN)
			strbuf_addf(next(&sb), "%s: %s%s", contender->name, contender->build,
				    contender->role == ROLE_BASELINE ? " (baseline)" : "");
	}
	say_fact(production, "builds", &sb);
}

/* The program's own figures in the observed run. */
static void say_program(const struct production *production)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (!production_is_explanation(production) || !result->run_count)
		return;
	const struct run *run = &result->runs[0];
	const double *value = run->metrics.value;
	double program_ns = metrics_program_ns(&run->metrics);

	format_ns(&sb, value[METRIC_WALL_NS]);
	strbuf_addstr(&sb, ", CPU time ");
	format_ns(&sb, program_ns);
	if (program_ns > 0)
		strbuf_addf(&sb, " (%s%.0f%% in the kernel)",
			    metrics_kernel_ns(&run->metrics) > value[METRIC_SYS_NS] ? "at least "
										    : "",
			    100 * metrics_kernel_ns(&run->metrics) / program_ns);
	strbuf_addstr(&sb, ", peak memory ");
	format_bytes(&sb, value[METRIC_PEAK_RSS_BYTES]);
	if (value[METRIC_CHILD_FAULTS] > 0 && !isnan(value[METRIC_PEAK_TREE_BYTES])) {
		strbuf_addstr(&sb, " (of all processes ");
		format_bytes(&sb, value[METRIC_PEAK_TREE_BYTES]);
		strbuf_addch(&sb, ')');
	}
	if (run->exit_status)
		strbuf_addf(&sb, ", exit status %d", run->exit_status);
	say_fact(production, "program", &sb);
}

static unsigned int rounds_run(const struct result *result)
{
	unsigned int rounds = 0;

	for (size_t i = 0; i < result->run_count; i++)
		if (!result->runs[i].observed && result->runs[i].round > rounds)
			rounds = result->runs[i].round;
	return rounds;
}

static void add_duration(struct strbuf *sb, double ns)
{
	double seconds = round(ns / (double)NS_PER_SEC);

	if (seconds < 120)
		format_ns(sb, ns);
	else
		strbuf_addf(sb, "%.0f min %.0f s", floor(seconds / 60), fmod(seconds, 60));
}

static void say_experiment(const struct production *production)
{
	const struct command *command = &production->result->command;
	unsigned int rounds = rounds_run(production->result);
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	/* A single observation has no rounds or random order to report. */
	if (rounds && (production->contender_count || !production_is_explanation(production))) {
		add_counted(&sb, rounds, "round");
		strbuf_addf(&sb, " in random order (seed %llu)", (unsigned long long)command->seed);
	}
	if (!isnan(command->elapsed_ns))
		add_duration(next(&sb), command->elapsed_ns);
	add_item(&sb, "pinned to CPUs ", command->cpus);
	add_item(&sb, "", command->started);
	say_fact(production, "measured", &sb);
}

static void say_probe(const struct production *production)
{
	const struct command *command = &production->result->command;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	add_item(&sb, "", command->probe);
	if (command->probe_lost && *command->probe_lost)
		strbuf_addf(&sb, "%s%s", sb.len ? "; " : "", command->probe_lost);
	if (command->probe_hooks)
		strbuf_addf(&sb, "%smemory calls seen %s", sb.len ? "; " : "",
			    command->probe_hooks);
	say_fact(production, "probe", &sb);
}

static void say_noise(const struct production *production)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (production_noise_is_known(production)) {
		strbuf_addf(&sb,
			    "%.1f%%: two identical contenders, both %s, differed by this; smaller "
			    "differences are not called",
			    result->noise_floor_pct, production->baseline_name);
	} else {
		if (production->baseline == SIZE_MAX || !production->contender_count)
			return;
		strbuf_addf(&sb, "unknown: too few rounds of %s against itself",
			    production->baseline_name);
	}
	say_fact(production, "noise floor", &sb);
}

void produce_title(const struct production *production)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf title = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf subtitle = STRBUF_INIT;

	strbuf_addf(&title, "madvisor %s", result_kind_name(result->kind));
	if (production_is_explanation(production) && result->cases[0].description)
		strbuf_addstr(&subtitle, result->cases[0].description);
	else if (result->sweep)
		add_sweep_subject(&subtitle, production);
	else if (result->case_count == 1)
		strbuf_addstr(&subtitle, result->cases[0].name);
	else
		add_counted(&subtitle, result->case_count, "case");
	if (production->contender_count) {
		strbuf_addstr(&subtitle, ", ");
		if (production->contender_count == 1)
			strbuf_addstr(&subtitle,
				      result->contenders[production->contenders[0]].name);
		else
			add_counted(&subtitle, production->contender_count, "contender");
		strbuf_addf(&subtitle, " against %s", production->baseline_name);
	}
	production->emitter->begin(production->self, title.buf, subtitle.buf);
}

void produce_facts(const struct production *production)
{
	say_machine(production);
	say_system(production);
	say_builds(production);
	say_contenders(production);
	say_program(production);
	say_experiment(production);
	say_noise(production);
	say_probe(production);
}
