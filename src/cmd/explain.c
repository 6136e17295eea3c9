/* SPDX-License-Identifier: MIT */
/* `madvisor explain`: where a program's kernel time goes, why, and what to set. */
#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/identify.h"
#include "alloc/in-force.h"
#include "alloc/self.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cmd/command.h"
#include "cmd/contenders.h"
#include "cmd/measure.h"
#include "cmd/remedies.h"
#include "explain/explain.h"
#include "model/summarise.h"
#include "probe/rungs.h"
#include "probe/symbolise.h"
#include "run/compare.h"
#include "run/interrupt.h"
#include "run/observe.h"
#include "run/references.h"
#include "run/taxpayer.h"

#define DEFAULT_DURATION_NS (10 * NS_PER_SEC)

enum {
	OPTION_DURATION = 0x6000,
	OPTION_STOP_TIMEOUT,
	OPTION_VERIFY,
	OPTION_INPUT,
	OPTION_SHOW_OUTPUT,
	OPTION_FOLDED,
};

struct explain_options {
	struct measure measure;
	char **command; /* borrowed from argv, NULL-terminated; NULL: a process */
	pid_t pid;
	uint64_t duration_ns; /* 0: not given */
	uint64_t grace_ns;
	const char *input;
	bool verify;
	bool show_output;
	bool ignore_failure;
	bool folded;

	/* Found on the way. */
	struct identification program; /* what was named; then what the kernel worked most for */
	char **environment;            /* around the command, or of the process */
	char **inner;                  /* that program's, where it was seen; or NULL */
	int exit_status;
};

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "What is explained:", 1 },
	{ "pid", 'p', "PID", 0, "a running process instead of a command", 1 },
	{ "duration", OPTION_DURATION, "TIME", 0,
	  "look for so long: a process for 10 s by default, a command until it ends", 1 },
	{ "stop-timeout", OPTION_STOP_TIMEOUT, "TIME", 0,
	  "how long a command may then take to end at SIGTERM (10)", 1 },
	{ "input", OPTION_INPUT, "FILE", 0, "the command's standard input (/dev/null)", 1 },
	{ "show-output", OPTION_SHOW_OUTPUT, NULL, 0, "let what the command prints through", 1 },
	{ "ignore-failure", 'i', NULL, 0,
	  "an exit status of the command other than 0 is no failure", 1 },
	{ "verify", OPTION_VERIFY, NULL, 0,
	  "run the command with each proposed setting against without, in rounds", 1 },
	{ "folded", OPTION_FOLDED, "FILE", 0,
	  "stacks of purges and refaults, for flame graphs ('-' is standard output)", 1 },
	{ 0 },
};

static pid_t parse_pid(const char *text, const struct argp_state *state)
{
	uint64_t pid;

	if (parse_u64(text, &pid) < 0 || pid < 1 || pid > INT_MAX)
		argp_error(state, "no process ID: '%s'", text);
	return (pid_t)pid;
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
		explain->pid = parse_pid(arg, state);
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

static int refuse(struct error *err, const char *message, const char *hint)
{
	error_set(err, ERROR_USAGE, EINVAL, "%s", message);
	error_hint(err, "%s", hint);
	return -EINVAL;
}

/* What is wrong before anything runs. */
static int check_request(const struct explain_options *explain, struct error *err)
{
	bool has_command = explain->command && explain->command[0];

	if (!has_command && !explain->pid)
		return refuse(
			err, "nothing to explain",
			"name a command behind --, or a process: madvisor explain -- ./program args, "
			"madvisor explain -p PID");
	if (has_command && explain->pid)
		return refuse(err, "a command and a process at once",
			      "explain one after the other");
	if (explain->pid && explain->verify)
		return refuse(
			err, "a running process cannot be verified",
			"--verify runs a command several times: madvisor explain --verify -- ./program");
	if (explain->verify && explain->duration_ns)
		return refuse(err,
			      "--verify with --duration: rounds that are cut short say nothing",
			      "give a command that ends by itself");
	if (explain->pid && explain->input)
		return refuse(err, "--input is for commands", "leave it out with -p");
	if (explain->input && access(explain->input, R_OK) < 0) {
		error_set(err, ERROR_USAGE, errno, "cannot read %s: %s", explain->input,
			  strerror(errno));
		error_hint(err, "name a file that holds its standard input");
		return -EINVAL;
	}
	return 0;
}

/* The environment of a process, NULL-terminated; empty where it may not be read. */
static char **read_environment(pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/environ", (int)pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char **environment = NULL;
	size_t count = 0, alloc = 0;

	/* What was read before an error is as good as it gets. */
	if (strbuf_read_file(&text, path, 4 << 20) < 0)
		strbuf_addstr(&text, "");
	for (size_t at = 0; at < text.len; at += strlen(text.buf + at) + 1)
		if (text.buf[at])
			*ARRAY_PUSH(environment, count, alloc) = xstrdup(text.buf + at);
	*ARRAY_PUSH(environment, count, alloc) = NULL;
	return environment;
}

/* " (redis-server)": what a process calls itself, where its file is called otherwise. */
static char *describe_name(pid_t pid, const char *path)
{
	_cleanup_free_ char *file = xasprintf("/proc/%d/comm", (int)pid);
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
	const char *slash = path ? strrchr(path, '/') : NULL;

	if (strbuf_read_file(&name, file, 64) < 0)
		return xstrdup("");
	strbuf_truncate(&name, strcspn(name.buf, "\n"));
	/* The kernel keeps 15 characters of it. */
	if (!name.len || (slash && !strncmp(slash + 1, name.buf, name.len)))
		return xstrdup("");
	return xasprintf(" (%s)", name.buf);
}

static char *describe_subject(const struct explain_options *explain)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (explain->pid) {
		const char *path = explain->program.path;
		_cleanup_free_ char *name = describe_name(explain->pid, path);

		return xasprintf("process %d%s: %s", (int)explain->pid, name,
				 path ? path : "unknown program");
	}
	for (size_t i = 0; explain->command[i]; i++)
		strbuf_addf(&sb, "%s%s", i ? " " : "", explain->command[i]);
	return strbuf_detach(&sb);
}

/* The rows of the program as it is, with what its allocator is set to. */
static int resolve_subject(const struct explain_options *explain, struct contender *ret,
			   struct error *err)
{
	const struct contender_spec as_it_is = { .name = (char[]){ CONTENDER_SELF } };
	int r = contender_resolve_self(&as_it_is, &explain->program, ret, NULL, err);

	if (r < 0)
		return r;
	if (explain->program.heap_count)
		contender_add_in_force(ret, &explain->program.heaps[0]);
	ret->role = ROLE_BASELINE;
	return 0;
}

static int add_subject(struct explain_options *explain, struct error *err)
{
	struct result *result = &explain->measure.result;
	struct contender self;
	int r = explain->pid ? identify_process(explain->pid, &explain->program, err)
			     : identify_program(explain->command[0], &explain->program, err);

	if (r == 0)
		r = resolve_subject(explain, &self, err);
	if (r < 0)
		return r;
	*result_add_contender(result) = self;
	struct case_info *item = result_add_case(result);
	item->name = xstrdup("command");
	item->description = describe_subject(explain);
	explain->environment =
		explain->pid ? read_environment(explain->pid) : environment_with(environ, NULL);
	return 0;
}

/* What was named may have led to another program: it is that one's allocator that matters. */
static int follow(struct explain_options *explain, struct taxpayer *taxpayer, struct error *err)
{
	struct result *result = &explain->measure.result;
	struct contender self;

	if (taxpayer->as_named)
		return 0;
	identification_release(&explain->program);
	explain->program = taxpayer->program;
	taxpayer->program = (struct identification){ 0 };
	int r = resolve_subject(explain, &self, err);
	if (r < 0)
		return r;
	if (taxpayer->is_another)
		self.served = (struct served){
			.path = TAKE_PTR(taxpayer->path),
			.pid = (uint64_t)taxpayer->pid,
			.processes = taxpayer->processes,
			.share_pct = taxpayer->share_pct,
		};
	contender_release(&result->contenders[0]);
	result->contenders[0] = self;
	if (explain->pid && taxpayer->environment) {
		strv_free(explain->environment);
		explain->environment = TAKE_PTR(taxpayer->environment);
	}
	explain->inner = TAKE_PTR(taxpayer->environment);
	if (taxpayer->unknown)
		result_add_note(result, "which allocator this is, is not known: %s",
				taxpayer->unknown);
	if (taxpayer->others)
		result_add_note(result, "others have a part in this: %s", taxpayer->others);
	return 0;
}

static void show_progress(struct measure *measure, uint64_t elapsed_ns, uint64_t duration_ns)
{
	const struct progress progress = {
		.phase = "observing",
		.case_name = "command",
		.contender_name = CONTENDER_SELF,
		.elapsed_ns = elapsed_ns,
		.budget_ns = duration_ns,
	};

	measure_progress(measure, &progress);
}

static bool has_stacks(const struct measure *measure)
{
	return measure->observer == &probe_bpf && symbolise_check(NULL) == 0;
}

/* A file of stacks was asked for: that there will be none is known before the program runs. */
static int check_stacks(const struct explain_options *explain, struct error *err)
{
	const struct measure *measure = &explain->measure;
	const char *lost = measure->result.command.probe_lost;

	if (!explain->folded || has_stacks(measure))
		return 0;
	if (measure->observer == &probe_bpf)
		return symbolise_check(err);
	error_set(err, ERROR_MACHINE, ENOTSUP, "--folded: only the bpf probe takes stacks%s%s",
		  lost ? ": " : "", lost ? lost : "");
	error_hint(err, "`madvisor doctor` says what the bpf probe lacks here");
	return -ENOTSUP;
}

/* What the probe could see and this build cannot. */
static void note_no_stacks(struct measure *measure)
{
	_cleanup_error_ struct error why = ERROR_INIT;

	if (measure->observer == &probe_bpf && symbolise_check(&why) < 0)
		result_add_note(&measure->result,
				"not who purges and who refaults: %s (remedy: %s)", why.message,
				why.hint);
}

static void process_progress(void *context, uint64_t elapsed_ns)
{
	struct explain_options *explain = context;

	show_progress(&explain->measure, elapsed_ns, explain->duration_ns);
}

/* Only the bpf rung sees a process that runs already; the others say what /proc tells. */
static int choose_rung_for_process(struct measure *measure, struct error *err)
{
	struct command *command = &measure->result.command;

	if (measure->observer == &probe_bpf)
		return 0;
	if (measure->observer && strcmp(measure->probe_name, "auto") != 0) {
		error_set(err, ERROR_USAGE, EINVAL, "the %s probe cannot look at a running process",
			  measure->observer->name);
		error_hint(err, "leave out --probe, or start the program with madvisor: "
				"madvisor explain -- ./program");
		return -EINVAL;
	}
	if (measure->observer) {
		free(command->probe);
		command->probe = xstrdup(probe_rusage.name);
		measure->observer = NULL;
	}
	return 0;
}

static int look_at_process(struct explain_options *explain, struct error *err)
{
	struct measure *measure = &explain->measure;
	int r = choose_rung_for_process(measure, err);

	if (r < 0)
		return r;
	if (!explain->duration_ns)
		explain->duration_ns = DEFAULT_DURATION_NS;
	const struct observation observation = {
		.result = &measure->result,
		.probe = measure->observer ? measure->observer : &probe_rusage,
		.named = &explain->program,
		.stacks = has_stacks(measure),
		.identity = &measure->setup.identity,
		.duration_ns = explain->duration_ns,
		.progress = process_progress,
		.context = explain,
	};
	struct taxpayer taxpayer = { 0 };
	r = observe_process(&observation, explain->pid, &taxpayer, err);
	if (r == 0)
		r = follow(explain, &taxpayer, err);
	taxpayer_release(&taxpayer);
	return r;
}

static void note_end(struct explain_options *explain, const struct observed *observed)
{
	struct result *result = &explain->measure.result;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	int status = observed->exit_status;

	switch (observed->end) {
	case LAUNCH_TIMEOUT:
		format_ns(&sb, (double)explain->measure.timeout_ns);
		result_add_note(result, "the program was stopped after %s", sb.buf);
		strbuf_truncate(&sb, 0);
		format_ns(&sb, (double)explain->grace_ns);
		if (observed->stubborn)
			result_add_note(result,
					"it did not end within %s of SIGTERM, and was killed",
					sb.buf);
		return;
	case LAUNCH_MEMORY:
		format_bytes(&sb, (double)explain->measure.setup.memory_max_bytes);
		result_add_note(result,
				"the program was stopped: it used more memory than %s "
				"(--memory-max)",
				sb.buf);
		explain->exit_status = status;
		return;
	case LAUNCH_INTERRUPTED:
		result->partial = true;
		return;
	case LAUNCH_EXITED:
		break;
	}
	explain->exit_status = status;
	if (observed->left_behind)
		result_add_note(result, "it left %zu processes running, which were killed",
				observed->left_behind);
	if (!status)
		return;
	if (status > 128)
		result_add_note(result, "the program was killed by signal %d (%s)", status - 128,
				strsignal(status - 128));
	else
		result_add_note(result, "the program ended with exit status %d", status);
	if (observed->said && *observed->said && !explain->show_output)
		result_add_note(result, "it said: %s", observed->said);
}

static struct program program_of(const struct explain_options *explain)
{
	return (struct program){
		.argv = (const char *const *)explain->command,
		.input = explain->input,
		.ignore_failure = explain->ignore_failure,
		.output = explain->show_output ? LAUNCH_INHERIT : LAUNCH_DISCARD,
	};
}

static int look_at_command(struct explain_options *explain, struct error *err)
{
	struct measure *measure = &explain->measure;
	const struct program program = program_of(explain);
	struct observed observed = { 0 };
	struct taxpayer taxpayer = { 0 };
	const struct observation observation = {
		.result = &measure->result,
		.probe = measure->observer ? measure->observer : &probe_rusage,
		.named = &explain->program,
		.stacks = has_stacks(measure),
		.identity = &measure->setup.identity,
		.duration_ns = measure->timeout_ns,
		.grace_ns = explain->grace_ns,
	};

	show_progress(measure, 0, measure->timeout_ns);
	int r = observe_command(&observation, &program, &measure->setup, &observed, &taxpayer, err);
	if (r == 0)
		note_end(explain, &observed);
	if (r == 0)
		r = follow(explain, &taxpayer, err);
	observed_release(&observed);
	taxpayer_release(&taxpayer);
	return r;
}

/* Rounds of the program with each finding's settings against the program as it is. */
static int run_rounds(struct explain_options *explain, struct error *err)
{
	struct measure *measure = &explain->measure;
	const struct compare_case item = { .argv = (const char *const *)explain->command };
	struct compare compare = {
		.result = &measure->result,
		.cases = &item,
		.setup = measure->setup,
		.rule = measure->rule,
		.program = program_of(explain),
		.lenient = true,
		.observer = measure->observer,
		.progress = measure_progress,
		.context = measure,
	};

	compare.program.output = LAUNCH_DISCARD;
	result_add_twin(&measure->result);
	return compare_run(&compare, err);
}

static struct reach reach_of(const struct explain_options *explain)
{
	return (struct reach){ explain->environment, explain->inner };
}

static int verify(struct explain_options *explain, struct error *err)
{
	struct result *result = &explain->measure.result;

	if (result->partial)
		return 0;
	if (explain->exit_status && !explain->ignore_failure) {
		result_add_note(result, "not verified: the program failed");
		return 0;
	}
	size_t before = result->contender_count;
	const struct reach reach = reach_of(explain);
	_cleanup_free_ size_t *verified =
		remedies_add_contenders(result, &explain->program, &reach);
	if (result->contender_count == before) {
		result_add_note(result, "not verified: there is nothing to set");
		return 0;
	}
	int r = run_rounds(explain, err);
	for (size_t i = 0; i < result->finding_count; i++)
		if (verified[i] != SIZE_MAX)
			finding_verify(result, i, verified[i]);
	result_rank_findings(result);
	return r;
}

static int run(struct explain_options *explain, int argc, char **argv, struct error *err)
{
	struct measure *measure = &explain->measure;
	struct result *result = &measure->result;
	int r = check_request(explain, err);

	if (r == 0)
		r = measure_prepare(measure, "explain", argc, argv, err);
	if (r == 0)
		r = check_stacks(explain, err);
	if (r == 0)
		r = add_subject(explain, err);
	if (r < 0)
		return r;
	note_no_stacks(measure);
	if (!explain->verify)
		result->command.rounds_planned = 0;
	uint64_t started_ns = clock_now_ns(&clock_real);
	r = explain->pid ? look_at_process(explain, err) : look_at_command(explain, err);
	if (r < 0)
		return r;
	result->partial = result->partial || interrupt_pending();
	result->command.elapsed_ns = (double)(clock_now_ns(&clock_real) - started_ns);
	result_summarise(result, result->command.confidence);
	result_explain(result);
	if (explain->verify)
		r = verify(explain, err);
	const struct reach reach = reach_of(explain);
	remedies_bind(result, &explain->program, &reach);
	return r;
}

static void release(struct explain_options *explain)
{
	identification_release(&explain->program);
	strv_free(explain->environment);
	strv_free(explain->inner);
	measure_release(&explain->measure);
}

static int explain_main(int argc, char **argv)
{
	static struct argp_child children[2];
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "-- COMMAND [ARG…]",
		.doc = "Looks at a program once, and says how much of its time the kernel spends on behalf of "
		       "its allocator, which of the allocator's habits cost it, and what to set against them.",
		.children = children,
	};
	struct explain_options explain = { .grace_ns = LAUNCH_GRACE_NS };
	struct error err = ERROR_INIT;

	children[0] = (struct argp_child){ measure_common_argp(), 0, NULL, 0 };
	measure_init(&explain.measure);
	explain.measure.timeout_ns = 0;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &explain);
	if (!explain.pid && explain.duration_ns)
		explain.measure.timeout_ns = explain.duration_ns;
	int r = run(&explain, argc, argv, &err);
	int status = measure_finish(&explain.measure, r, &err);
	if (status == EXIT_DONE && explain.exit_status && !explain.ignore_failure)
		status = ERROR_TARGET;
	release(&explain);
	return status;
}

const struct command_entry command_explain = {
	"explain",
	"where a program's kernel time goes, why, and what to set",
	explain_main,
};
