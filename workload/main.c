/* SPDX-License-Identifier: MIT */
/*
 * madvisor-workload: one measured case in one process.
 *
 * The command line is turned into a struct workload_request; then either a question is answered (--list,
 * --resolve, --prove) or the case is run and reported. man/madvisor-workload.1.scd is its manual.
 */
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "case-list.h"
#include "case.h"
#include "kernel.h"
#include "measure.h"
#include "now.h"
#include "prove.h"
#include "report.h"

const char *argp_program_version = "madvisor-workload " MADVISOR_VERSION;

enum action { ACTION_RUN, ACTION_LIST, ACTION_RESOLVE, ACTION_PARAMETERS, ACTION_PROVE };

/* Options that set a key of the case have a number from here on. */
enum {
	OPTION_KEYS = 256,
	OPTION_ITERATIONS = 512,
	OPTION_MIN_TIME,
	OPTION_WARMUP,
	OPTION_SOURCE,
	OPTION_REPORT_FD,
	OPTION_SYNC_FD,
	OPTION_LIST,
	OPTION_RESOLVE,
	OPTION_PARAMETERS,
	OPTION_PROVE,
};

static const struct argp_option options[] = {
	{ 0, 0, 0, 0, "The case:", 1 },
	{ "payload", OPTION_KEYS + 0, "SIZE[-SIZE]", 0, "bytes of a message or buffer", 0 },
	{ "size", 0, NULL, OPTION_ALIAS, NULL, 0 },
	{ "senders", OPTION_KEYS + 1, "N", 0, "mpsc: sending threads", 0 },
	{ "threads", OPTION_KEYS + 2, "N", 0, "all but mpsc: threads (default: as many as CPUs)",
	  0 },
	{ "capacity", OPTION_KEYS + 3, "N", 0, "mpsc: messages on the way at most", 0 },
	{ "live", OPTION_KEYS + 4, "N", 0, "churn, classic: buffers that a thread keeps", 0 },
	{ "init", OPTION_KEYS + 5, "fill|calloc|touch|none", 0, "how a buffer is written", 0 },
	{ "read", OPTION_KEYS + 6, "yes|no", OPTION_ARG_OPTIONAL,
	  "read every byte before it is freed", 0 },
	{ "messages", OPTION_KEYS + 7, "N", 0, "mpsc: messages a sender sends in an iteration", 0 },
	{ "operations", OPTION_KEYS + 8, "N", 0,
	  "tasks in an iteration; churn, classic: buffers a thread allocates in one", 0 },
	{ "task-size", OPTION_KEYS + 9, "SIZE", 0, "spawn: bytes of a task's cell", 0 },
	{ "source", OPTION_SOURCE, "malloc|pool", 0,
	  "where memory comes from: this process's malloc, or a recycled pool, the limit", 0 },
	{ 0, 0, 0, 0, "How much:", 2 },
	{ "iterations", OPTION_ITERATIONS, "N", 0, "measure exactly so many iterations", 0 },
	{ "min-time", OPTION_MIN_TIME, "MS", 0, "else as many as take this long (default 250)", 0 },
	{ "warmup", OPTION_WARMUP, "N|TIME", 0,
	  "iterations, or a time such as 100ms, before that (default 100ms)", 0 },
	{ 0, 0, 0, 0, "For the program that runs it:", 3 },
	{ "report-fd", OPTION_REPORT_FD, "FD", 0, "write the figures there, not to stdout", 0 },
	{ "sync-fd", OPTION_SYNC_FD, "FD", 0,
	  "write B and E at the borders of the measured phase and wait for a byte each", 0 },
	{ 0, 0, 0, 0, "Questions:", 4 },
	{ "list", OPTION_LIST, 0, 0, "print the named cases: name, suites, description", 0 },
	{ "resolve", OPTION_RESOLVE, 0, 0, "print the case's canonical name", 0 },
	{ "parameters", OPTION_PARAMETERS, 0, 0,
	  "print what the case is made of: name, value, unit", 0 },
	{ "prove", OPTION_PROVE, 0, 0, "print which object serves malloc and the like", 0 },
	{ 0 },
};

/* The key that option OPTION_KEYS + i sets. */
static const char *const option_keys[] = {
	"size", "senders", "threads",  "capacity",   "live",
	"init", "read",    "messages", "operations", "task-size"
};

struct workload_request {
	enum action action;
	const char *name; /* of the case or family */
	const char *overrides[ARRAY_SIZE(option_keys)];
	enum source_kind source;
	struct measure_plan plan;
	int report_fd; /* -1: stdout */
};

static uint64_t take_number(const char *option, const char *text, uint64_t min, uint64_t max,
			    struct argp_state *state)
{
	uint64_t value;

	if (parse_u64(text, &value) < 0 || value < min || value > max)
		argp_error(state, "--%s takes a number from %llu to %llu, not '%s'", option,
			   (unsigned long long)min, (unsigned long long)max, text);
	return value;
}

static uint64_t take_time_ns(const char *option, const char *text, struct argp_state *state)
{
	uint64_t ns;

	if (parse_duration_ns(text, &ns) < 0 || ns > 3600 * NS_PER_SEC)
		argp_error(state,
			   "--%s takes a time such as 100ms or 2s, an hour at most, not '%s'",
			   option, text);
	return ns;
}

/* A plain number is iterations; with a unit it is a time. */
static void take_warmup(struct measure_plan *plan, const char *text, struct argp_state *state)
{
	uint64_t iterations;

	plan->warmup_iterations = 0;
	if (parse_u64(text, &iterations) < 0) {
		plan->warmup_ns = take_time_ns("warmup", text, state);
		return;
	}
	plan->warmup_ns = 0;
	plan->warmup_iterations = take_number("warmup", text, 0, UINT64_C(1) << 32, state);
}

static uint64_t take_min_time_ns(const char *text, struct argp_state *state)
{
	uint64_t ms;

	if (parse_u64(text, &ms) < 0)
		return take_time_ns("min-time", text, state);
	return take_number("min-time", text, 1, 3600 * 1000, state) * NS_PER_MS;
}

static int take_fd(const char *option, const char *text, struct argp_state *state)
{
	int fd = (int)take_number(option, text, 0, 1u << 20, state);

	if (fcntl(fd, F_GETFD) < 0)
		argp_error(state, "--%s %d: %s", option, fd, strerror(errno));
	return fd;
}

static enum source_kind take_source(const char *text, struct argp_state *state)
{
	if (!strcmp(text, "pool"))
		return SOURCE_POOL;
	if (strcmp(text, "malloc"))
		argp_error(state, "--source takes malloc or pool, not '%s'", text);
	return SOURCE_MALLOC;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
	struct workload_request *request = state->input;

	if (key >= OPTION_KEYS && key < OPTION_KEYS + (int)ARRAY_SIZE(option_keys)) {
		request->overrides[key - OPTION_KEYS] = text ? text : "yes";
		return 0;
	}
	switch (key) {
	case OPTION_ITERATIONS:
		request->plan.iterations =
			take_number("iterations", text, 1, UINT64_C(1) << 32, state);
		return 0;
	case OPTION_MIN_TIME:
		request->plan.min_ns = take_min_time_ns(text, state);
		return 0;
	case OPTION_WARMUP:
		take_warmup(&request->plan, text, state);
		return 0;
	case OPTION_SOURCE:
		request->source = take_source(text, state);
		return 0;
	case OPTION_REPORT_FD:
		request->report_fd = take_fd("report-fd", text, state);
		return 0;
	case OPTION_SYNC_FD:
		request->plan.sync_fd = take_fd("sync-fd", text, state);
		return 0;
	case OPTION_LIST:
	case OPTION_RESOLVE:
	case OPTION_PARAMETERS:
	case OPTION_PROVE:
		request->action = ACTION_LIST + (key - OPTION_LIST);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one case at a time, and '%s' is a second", text);
		request->name = text;
		return 0;
	case ARGP_KEY_END:
		if (!request->name && request->action != ACTION_LIST &&
		    request->action != ACTION_PROVE)
			argp_error(state, "no case given; --list shows the named ones");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	.options = options,
	.parser = parse_option,
	.args_doc = "CASE\nFAMILY\n--resolve CASE\n--parameters CASE\n--list\n--prove",
	.doc = "Run one case of madvisor's workloads under this process's allocator."
	       "\vA CASE is a name as --list shows them, or any other of that form, such as "
	       "mpsc/48K/senders=2/init=calloc; a FAMILY is spawn, mpsc or churn.",
};

static bool has_overrides(const struct workload_request *request)
{
	for (size_t i = 0; i < ARRAY_SIZE(option_keys); i++)
		if (request->overrides[i])
			return true;
	return false;
}

static int request_case(const struct workload_request *request, struct workload_case *ret,
			struct error *err)
{
	if (request->action != ACTION_RUN && !has_overrides(request))
		return case_parse(request->name, ret, err);
	int r = case_begin(request->name, ret, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(option_keys); i++)
		if (request->overrides[i])
			r = case_set(ret, option_keys[i], request->overrides[i], err);
	return r == 0 ? case_finish(ret, err) : r;
}

static int run_case(const struct workload_request *request, const struct workload_case *c,
		    struct error *err)
{
	const struct kernel *kernel = kernel_for(c->family);
	static struct measured measured;
	void *state;

	now_calibrate();
	int r = kernel->open(c, request->source, &state, err);
	if (r < 0)
		return r;
	r = measure(kernel, state, &request->plan, &measured, err);
	if (r == 0) {
		_cleanup_strbuf_ struct strbuf report = STRBUF_INIT;
		report_format(&report, &measured, request->source);
		r = report_write(&report, request->report_fd, err);
	}
	kernel->close(state);
	return r;
}

static int answer(const struct workload_request *request, struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct workload_case c;

	if (request->action == ACTION_LIST) {
		case_list_print(&text);
	} else if (request->action == ACTION_PROVE) {
		prove(&text);
	} else {
		int r = request_case(request, &c, err);
		if (r < 0)
			return r;
		if (request->action == ACTION_RUN)
			return run_case(request, &c, err);
		if (request->action == ACTION_PARAMETERS) {
			case_parameters(&c, &text);
		} else {
			case_name(&c, &text);
			strbuf_addch(&text, '\n');
		}
	}
	return report_write(&text, request->report_fd, err);
}

/* "madvisor-workload: message", and on the second line the remedy: madvisor reads both. */
static int complain(const struct workload_request *request, const struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *nearest = request->name ? case_list_nearest(request->name) : NULL;

	strbuf_addstr(&text, "madvisor-workload: ");
	strbuf_add_escaped(&text, err->message);
	strbuf_addstr(&text, "\nhint: ");
	if (err->hint)
		strbuf_add_escaped(&text, err->hint);
	else if (nearest)
		strbuf_addf(&text, "the nearest named case is %s", nearest);
	else
		strbuf_addstr(&text, "madvisor-workload --list shows the named cases");
	fprintf(stderr, "%s\n", text.buf);
	return err->kind;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct workload_request request = {
		.plan = { .min_ns = 250 * NS_PER_MS, .warmup_ns = 100 * NS_PER_MS, .sync_fd = -1 },
		.report_fd = -1,
	};

	argp_err_exit_status = ERROR_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &request);
	return answer(&request, &err) < 0 ? complain(&request, &err) : EXIT_SUCCESS;
}
