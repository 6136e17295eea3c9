/* SPDX-License-Identifier: MIT */
#include "cmd/explain-options.h"

#include <errno.h>
#include <stdlib.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "launch/launch.h"

enum {
	OPTION_DURATION = 0x6000,
	OPTION_STOP_TIMEOUT,
	OPTION_VERIFY,
	OPTION_INPUT,
	OPTION_SHOW_OUTPUT,
	OPTION_FOLDED,
	OPTION_RETAINED,
	OPTION_CGROUP,
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is explained:", 1 },
	{ "pid", 'p', "PID", 0,
	  "a running process instead of a command; several: 12,34, or the option again", 1 },
	{ "cgroup", OPTION_CGROUP, "GROUP", 0,
	  "all processes of a control group, such as a container's, and those that come into it",
	  1 },
	{ "duration", OPTION_DURATION, "TIME", 0,
	  "look for so long: a process for 10 s by default, a command until it ends", 1 },
	{ "stop-timeout", OPTION_STOP_TIMEOUT, "TIME", 0,
	  "how long a command may then take to end at SIGTERM (10)", 1 },
	{ "input", OPTION_INPUT, "FILE", 0, "the command's standard input (/dev/null)", 1 },
	{ "show-output", OPTION_SHOW_OUTPUT, NULL, 0, "let what the command prints through", 1 },
	{ "ignore-failure", 'i', NULL, 0, "accept an exit status of the command other than 0", 1 },
	{ "verify", OPTION_VERIFY, NULL, 0,
	  "run the command with each proposed setting against without, in rounds", 1 },
	{ "folded", OPTION_FOLDED, "FILE", 0,
	  "stacks of purges and refaults, for flame graphs ('-' is standard output)", 1 },
	{ "retained", OPTION_RETAINED, NULL, 0,
	  "look at what a command's memory holds while it runs; of a process this is always done",
	  1 },
	{ 0 },
};

static void parse_pids(struct explain_options *explain, const char *list,
		       const struct argp_state *state)
{
	for (const char *at = list;; at++) {
		size_t len = strcspn(at, ",");
		_cleanup_free_ char *text = xstrndup(at, len);
		uint64_t pid;

		if (parse_u64(text, &pid) < 0 || pid < 1 || pid > INT_MAX)
			argp_error(state, "no process ID: '%s'", text);
		*ARRAY_PUSH(explain->pids, explain->pid_count, explain->pid_alloc) = (pid_t)pid;
		at += len;
		if (!*at)
			return;
	}
}

static uint64_t parse_duration(const char *text, const struct argp_state *state)
{
	uint64_t ns;

	if (parse_duration_ns(text, &ns) < 0 || !ns)
		argp_error(state,
			   "not a duration: '%s'; write seconds, or a number with a unit: 90, "
			   "1.5m, 500ms",
			   text);
	return ns;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct explain_options *explain = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &explain->measure;
		return 0;
	case 'p':
		parse_pids(explain, arg, state);
		return 0;
	case OPTION_CGROUP:
		explain->cgroup = arg;
		return 0;
	case OPTION_DURATION:
		explain->duration_ns = parse_duration(arg, state);
		return 0;
	case OPTION_STOP_TIMEOUT:
		explain->grace_ns = parse_duration(arg, state);
		return 0;
	case OPTION_INPUT:
		explain->input = arg;
		return 0;
	case OPTION_SHOW_OUTPUT:
		explain->show_output = true;
		return 0;
	case 'i':
		explain->ignore_failure = true;
		return 0;
	case OPTION_FOLDED:
		explain->folded = true;
		outputs_add(&explain->measure.outputs, "folded", arg);
		return 0;
	case OPTION_RETAINED:
		explain->retained = true;
		return 0;
	case OPTION_VERIFY:
		explain->verify = true;
		return 0;
	case ARGP_KEY_ARGS:
		explain->command = state->argv + state->next;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *explain_argp(void)
{
	static struct argp_child children[2];
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "-- COMMAND [ARG...]",
		.doc = "Looks at a program once, and says how much of its time the kernel spends on behalf of "
		       "its allocator, which of the allocator's habits cost it, and what to set against them.",
		.children = children,
	};

	children[0] = (struct argp_child){ measure_common_argp(), 0, NULL, 0 };
	return &argp;
}

void explain_options_init(struct explain_options *explain)
{
	*explain = (struct explain_options){ .grace_ns = LAUNCH_GRACE_NS };
	measure_init(&explain->measure);
	explain->measure.timeout_ns = 0;
	explain->measure.margin_pct = FINDING_MARGIN_PCT;
}

void explain_options_release(struct explain_options *explain)
{
	identification_release(&explain->program);
	running_release(&explain->running);
	free(explain->pids);
	free(explain->followed);
	free(explain->unknown);
	strv_free(explain->environment);
	strv_free(explain->inner);
	measure_release(&explain->measure);
}

static int refuse(struct error *err, const char *message, const char *hint)
{
	error_set(err, ERROR_USAGE, EINVAL, "%s", message);
	error_hint(err, "%s", hint);
	return -EINVAL;
}

bool explain_is_running(const struct explain_options *explain)
{
	return explain->pid_count || explain->cgroup;
}

/* Checks the options before anything runs. */
static int check_combination(const struct explain_options *explain, struct error *err)
{
	bool has_command = explain->command && explain->command[0];
	bool is_running = explain_is_running(explain);

	if (!has_command && !is_running)
		return refuse(
			err, "nothing to explain",
			"name a command behind --, or a process: madvisor explain -- ./program args, "
			"madvisor explain -p PID");
	if (has_command && is_running)
		return refuse(err, "a command and a process at once",
			      "explain one after the other");
	if (explain->pid_count && explain->cgroup)
		return refuse(err, "-p and --cgroup at once", "explain one after the other");
	if (is_running && explain->verify)
		return refuse(
			err, "a running process cannot be verified",
			"--verify runs a command several times: madvisor explain --verify -- ./program");
	if (explain->verify && explain->duration_ns)
		return refuse(err,
			      "--verify with --duration: rounds that are cut short say nothing",
			      "give a command that ends by itself");
	if (is_running && explain->input)
		return refuse(err, "--input is for commands", "leave it out with -p and --cgroup");
	if (explain->input && access(explain->input, R_OK) < 0) {
		error_set(err, ERROR_USAGE, errno, "cannot read %s: %s", explain->input,
			  strerror(errno));
		error_hint(err, "name a file that holds its standard input");
		return -EINVAL;
	}
	return 0;
}

int explain_options_check(struct explain_options *explain, struct error *err)
{
	int r = check_combination(explain, err);

	if (r == 0 && explain_is_running(explain))
		r = running_begin(&explain->running, explain->pids, explain->pid_count,
				  explain->cgroup, err);
	return r;
}
