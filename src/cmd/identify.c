/* SPDX-License-Identifier: MIT */
/* `madvisor identify`: which allocator serves a program, and what sets it. */
#include "identify/identify.h"

#include <argp.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/ineffective.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/savefile.h"
#include "base/show.h"
#include "base/strbuf.h"
#include "cmd/listing.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/identify-show.h"
#include "proc/group.h"
#include "proc/table.h"

enum { OPTION_JSON = 0x4000, OPTION_ALL, OPTION_CGROUP };

struct identify_request {
	const char **files;
	size_t file_count, file_alloc;
	pid_t *pids;
	size_t pid_count, pid_alloc;
	const char *json;   /* borrowed from argv, as is the next */
	const char *cgroup; /* its processes; NULL: not asked for */
	bool all;           /* every process */
	bool verbose;
	bool as_json; /* on standard output */
};

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "a running process instead of a file", 0 },
	{ "all", OPTION_ALL, NULL, 0, "every process, one line each, those with a warning first",
	  0 },
	{ "cgroup", OPTION_CGROUP, "GROUP", 0,
	  "the same for the processes of a control group and of those below it", 0 },
	{ "verbose", 'v', NULL, 0, "the evidence for each claim", 0 },
	LISTING_FORMAT_OPTION,
	{ "json", OPTION_JSON, "FILE", 0, "write that document to a file; '-': as --format json",
	  0 },
	{ 0 },
};

/* Whether processes are asked for by the group, and shown in a line each. */
static bool is_many(const struct identify_request *request)
{
	return request->all || request->cgroup;
}

static pid_t parse_pid(const char *text, const struct argp_state *state)
{
	char *end;

	errno = 0;
	long value = strtol(text, &end, 10);
	if (errno || *end || end == text || value <= 0 || value > INT_MAX)
		argp_error(state, "no process ID: '%s'", text);
	return (pid_t)value;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct identify_request *request = state->input;

	switch (key) {
	case 'p':
		*ARRAY_PUSH(request->pids, request->pid_count, request->pid_alloc) =
			parse_pid(arg, state);
		return 0;
	case 'v':
		request->verbose = true;
		return 0;
	case OPTION_ALL:
		request->all = true;
		return 0;
	case OPTION_CGROUP:
		request->cgroup = arg;
		return 0;
	case LISTING_FORMAT:
		request->as_json = listing_format_is_json(arg);
		return 0;
	case OPTION_JSON:
		request->json = arg;
		return 0;
	case ARGP_KEY_ARG:
		*ARRAY_PUSH(request->files, request->file_count, request->file_alloc) = arg;
		return 0;
	case ARGP_KEY_END:
		if (!request->file_count && !request->pid_count && !is_many(request))
			argp_error(state, "identify what? Name a program, or give -p PID or --all");
		if (is_many(request) && (request->file_count || request->pid_count ||
					 (request->all && request->cgroup)))
			argp_error(state, "--all and --cgroup stand alone");
		if (request->as_json && request->json)
			argp_error(state, "--format json and --json: one of the two");
		if (request->as_json)
			request->json = "-";
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Prints each target's failure; the first one sets the exit status. */
static void keep_failure(struct error *failure, int *status)
{
	int own = command_fail(failure);

	if (*status == EXIT_DONE)
		*status = own;
}

/* The process IDs that --all or --cgroup stand for. */
static int list_processes(struct identify_request *request, struct error *err)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };
	_cleanup_proc_group_ struct proc_group group = { 0 };

	if (request->cgroup) {
		_cleanup_free_ char *folder = NULL;
		int r = proc_group_find(request->cgroup, &folder, err);

		if (r == 0 && (r = proc_group_read(folder, &group)) < 0)
			error_set(err, ERROR_MACHINE, -r, "%s: %s", request->cgroup, strerror(-r));
		if (r < 0)
			return r;
	} else if (proc_table_read(&rootfs_real, &table) < 0) {
		int r = error_set(err, ERROR_MACHINE, ENOENT, "there is no /proc");

		error_hint(err, "mount it: mount -t proc proc /proc");
		return r;
	}
	for (size_t i = 0; i < group.count + table.count; i++) {
		pid_t pid = i < group.count ? group.pids[i] : table.items[i - group.count].pid;

		if (pid != getpid())
			*ARRAY_PUSH(request->pids, request->pid_count, request->pid_alloc) = pid;
	}
	return 0;
}

/*
 * Among many processes, one that has ended and one without a program of its own (a kernel thread)
 * are no failures; those that may not be looked at are counted.
 */
static void pass_over(struct error *failure, int code, size_t *denied, int *status)
{
	if (code == -EACCES)
		(*denied)++;
	if (code == -EACCES || code == -ESRCH || code == -EINVAL)
		error_release(failure);
	else
		keep_failure(failure, status);
}

static size_t identify_each(const struct identify_request *request, struct identification *targets,
			    int *status)
{
	size_t count = 0, denied = 0;

	for (size_t i = 0; i < request->file_count + request->pid_count; i++) {
		struct error err = ERROR_INIT;
		int r = i < request->file_count
				? identify_file(request->files[i], environ, &targets[count], &err)
				: identify_process(request->pids[i - request->file_count],
						   &targets[count], &err);

		if (r < 0 && is_many(request))
			pass_over(&err, r, &denied, status);
		else if (r < 0)
			keep_failure(&err, status);
		else
			ineffective_find(&targets[count++]);
	}
	if (denied)
		fprintf(stderr, "madvisor: %zu more processes may not be looked at%s\n", denied,
			geteuid() == 0 ? "" : ": run madvisor as root");
	return count;
}

static int compare_warnings(const void *a, const void *b)
{
	const struct identification *left = a, *right = b;
	bool warns_left = left->ineffective_count, warns_right = right->ineffective_count;

	if (warns_left != warns_right)
		return warns_left ? -1 : 1;
	return (left->pid > right->pid) - (left->pid < right->pid);
}

static int write_json(const char *path, const struct identification *targets, size_t count,
		      struct error *err)
{
	_cleanup_free_ char *text = identification_document(targets, count);

	return savefile_write(path, text, strlen(text), err);
}

static int identify(struct identify_request *request)
{
	struct error err = ERROR_INIT;
	int status = EXIT_DONE;

	if ((request->json && savefile_check(request->json, &err) < 0) ||
	    (is_many(request) && list_processes(request, &err) < 0))
		return command_fail(&err);
	size_t wanted = request->file_count + request->pid_count;
	struct identification *targets = xcalloc(wanted + 1, sizeof(*targets));
	size_t count = identify_each(request, targets, &status);
	if (is_many(request))
		qsort(targets, count, sizeof(*targets), compare_warnings);
	if (request->json && (count || is_many(request)) &&
	    write_json(request->json, targets, count, &err) < 0)
		keep_failure(&err, &status);
	bool is_shown = !request->json || strcmp(request->json, "-") != 0;
	for (size_t i = 0; i < count; i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

		if (is_many(request) && !request->verbose)
			identify_show_line(&targets[i], &out);
		else
			identify_show(&targets[i], request->verbose, &out);
		if (!show_utf8())
			show_in_ascii(&out, 0);
		if (is_shown)
			fputs(out.buf, stdout);
		identification_release(&targets[i]);
	}
	free(targets);
	return status;
}

static const struct argp *identify_argp(void)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "FILE...",
		.doc = "Says which allocator serves a program's heap, its version, how it got "
		       "there, what sets it, what is set now, and whether LD_PRELOAD can replace "
		       "it. FILE is a path, or a command in PATH. Nothing of it is run.",
	};

	return &argp;
}

static int identify_main(int argc, char **argv)
{
	struct identify_request request = { 0 };

	arguments_parse(identify_argp(), argc, argv, 0, &request);
	int status = identify(&request);
	free(request.files);
	free(request.pids);
	return status;
}

const struct command_entry command_identify = {
	"identify",    "which allocator serves a program, and what sets it",
	identify_main, identify_argp,
	false,
};
