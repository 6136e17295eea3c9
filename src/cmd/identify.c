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

#include "alloc/effect.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/savefile.h"
#include "base/show.h"
#include "base/strbuf.h"
#include "cmd/command.h"

enum { OPTION_JSON = 0x4000 };

struct identify_request {
	const char **files;
	size_t file_count, file_alloc;
	pid_t *pids;
	size_t pid_count, pid_alloc;
	const char *json; /* borrowed from argv */
	bool verbose;
};

static const struct argp_option options[] = {
	{ "pid", 'p', "PID", 0, "a running process instead of a file", 0 },
	{ "verbose", 'v', NULL, 0, "the evidence for each claim", 0 },
	{ "json", OPTION_JSON, "FILE", 0, "write the answer as JSON; '-' is standard output", 0 },
	{ 0 },
};

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
	case OPTION_JSON:
		request->json = arg;
		return 0;
	case ARGP_KEY_ARG:
		*ARRAY_PUSH(request->files, request->file_count, request->file_alloc) = arg;
		return 0;
	case ARGP_KEY_END:
		if (!request->file_count && !request->pid_count)
			argp_error(state, "identify what? Name a program, or give -p PID");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Adds text from the target. */
static void add(struct strbuf *out, const char *before, const char *text, const char *after)
{
	strbuf_addstr(out, before);
	strbuf_add_escaped(out, text);
	strbuf_addstr(out, after);
}

static void add_how(struct strbuf *out, const struct heap *heap)
{
	static const char *const texts[] = {
		[HEAP_HOW_UNKNOWN] = NULL,          [HEAP_LIBC] = "the C library's own",
		[HEAP_NEEDED] = "a needed library", [HEAP_LINKED_IN] = "linked in",
		[HEAP_PRELOADED] = "preloaded",     [HEAP_LOADED] = "loaded while running",
	};

	if (texts[heap->how])
		strbuf_addf(out, ", %s", texts[heap->how]);
}

/* "jemalloc 5.3.0, a needed library (/lib/x86_64-linux-gnu/libjemalloc.so.2)" */
static void add_heap_name(struct strbuf *out, const struct identification *target,
			  const struct heap *heap)
{
	strbuf_addstr(out, heap->allocator ? heap->allocator : "unknown");
	if (heap->version)
		add(out, " ", heap->version, "");
	add_how(out, heap);
	if (heap->object && target->path && strcmp(heap->object, target->path) != 0)
		add(out, " (", heap->object, ")");
	strbuf_addch(out, '\n');
}

static void add_settings(struct strbuf *out, const struct identification *target,
			 const struct heap *heap)
{
	if (!heap->setting_count)
		strbuf_addstr(out, target->environment_overwritten ? "; what is set cannot be told"
								   : "; nothing set now");
	for (size_t i = 0; i < heap->setting_count; i++) {
		add(out, i ? ", " : "; set now: ", heap->settings[i].key, "=");
		strbuf_add_escaped(out, heap->settings[i].value);
	}
	strbuf_addch(out, '\n');
}

static void add_heap_settings(struct strbuf *out, const struct identification *target,
			      const char *indent, const struct heap *heap)
{
	if (heap->set_with) {
		add(out, indent, "set it with ", "");
		strbuf_add_escaped(out, heap->set_with);
		if (heap->config_file)
			add(out, " or ", heap->config_file, "");
		add_settings(out, target, heap);
	} else if (heap->nothing_to_set) {
		strbuf_addf(out, "%sit reads no environment: nothing can be set\n", indent);
	} else if (heap->allocator) {
		strbuf_addf(out, "%sit is not known what sets it\n", indent);
	}
	if (heap->compiled_in) {
		strbuf_addf(out, "%s", indent);
		add(out, "compiled in: ", heap->compiled_in, "\n");
	}
}

static void add_heap_preload(struct strbuf *out, const char *indent, const struct heap *heap)
{
	switch (heap->preload_replaceable) {
	case TRISTATE_YES:
		strbuf_addf(out, "%sLD_PRELOAD can replace it\n", indent);
		return;
	case TRISTATE_NO:
		strbuf_addf(out, "%sLD_PRELOAD cannot replace it", indent);
		break;
	case TRISTATE_UNKNOWN:
		strbuf_addf(out, "%swhether LD_PRELOAD can replace it is not known", indent);
		break;
	}
	if (heap->preload_reason)
		add(out, ": ", heap->preload_reason, "");
	strbuf_addch(out, '\n');
}

static void add_heap(struct strbuf *out, const struct identification *target,
		     const struct heap *heap, bool verbose)
{
	const char *indent = target->heap_count == 1 ? "  " : "    ";

	if (target->heap_count > 1)
		add(out, "  ", heap->serves, ": ");
	add_heap_name(out, target, heap);
	if (heap->unused) {
		strbuf_addstr(out, indent);
		add(out, "not in use (", heap->unused, ")\n");
	}
	add_heap_settings(out, target, indent, heap);
	add_heap_preload(out, indent, heap);
	for (size_t i = 0; verbose && i < heap->evidence.count; i++) {
		strbuf_addf(out, "%s", indent);
		add(out, "evidence: ", heap->evidence.items[i], "\n");
	}
}

/* "MALLOC_CONF=narenas=1 has no effect: …; write MALLOC_CONF=narenas:1" */
static void add_ineffective(struct strbuf *out, const struct without_effect *row)
{
	add(out, "  ", row->variable, "=");
	strbuf_add_escaped(out, row->value);
	add(out, row->misread ? " has another effect: " : " has no effect: ", row->reason, "");
	if (row->instead)
		add(out, "; write ", row->instead, "");
	strbuf_addch(out, '\n');
}

static void add_layer(struct strbuf *out, const struct heap_layer *layer)
{
	add(out, "  above malloc: ", layer->name, ": ");
	if (layer->unused)
		add(out, "not in use (", layer->unused, "): malloc serves in its place\n");
	else
		add(out, "", layer->text, "\n");
}

static void add_kind(struct strbuf *out, const struct identification *target)
{
	strbuf_addf(out, "  kind: %s", target->kind);
	if (target->interpreter)
		add(out, ", run by ", target->interpreter, "");
	if (target->machine)
		add(out, ", ", target->machine, "");
	if (target->path)
		add(out, ", ", target->path, "");
	strbuf_addch(out, '\n');
}

static void add_target(struct strbuf *out, const struct identification *target, bool verbose)
{
	strbuf_add_escaped(out, target->target);
	if (target->pid && target->path)
		add(out, " (", target->path, ")");
	if (target->interpreter)
		add(out, ", a script for ", target->interpreter, "");
	if (target->heap_count == 1)
		strbuf_addstr(out, ": ");
	else
		strbuf_addf(out, ": %s\n",
			    target->heap_count ? "several heaps" : "no heap of its own");
	for (size_t i = 0; i < target->heap_count; i++)
		add_heap(out, target, &target->heaps[i], verbose);
	for (size_t i = 0; i < target->ineffective_count; i++)
		add_ineffective(out, &target->ineffective[i]);
	if (target->environment_overwritten)
		strbuf_addstr(out, "  note: the process has written over its environment: which "
				   "variables it was started with cannot be told\n");
	for (size_t i = 0; i < target->layer_count; i++)
		add_layer(out, &target->layers[i]);
	for (size_t i = 0; i < target->notes.count; i++)
		add(out, "  note: ", target->notes.items[i], "\n");
	if (verbose)
		add_kind(out, target);
}

/* Prints each target's failure; the first one sets the exit status. */
static void keep_failure(struct error *failure, int *status)
{
	int own = command_fail(failure);

	if (*status == EXIT_DONE)
		*status = own;
}

static size_t identify_all(const struct identify_request *request, struct identification *targets,
			   int *status)
{
	size_t count = 0;

	for (size_t i = 0; i < request->file_count + request->pid_count; i++) {
		struct error err = ERROR_INIT;
		int r = i < request->file_count
				? identify_file(request->files[i], environ, &targets[count], &err)
				: identify_process(request->pids[i - request->file_count],
						   &targets[count], &err);

		if (r < 0) {
			keep_failure(&err, status);
			continue;
		}
		effect_judge(&targets[count++]);
	}
	return count;
}

static int write_json(const char *path, const struct identification *targets, size_t count,
		      struct error *err)
{
	_cleanup_free_ char *text = identification_document(targets, count);

	return savefile_write(path, text, strlen(text), err);
}

static int identify(const struct identify_request *request)
{
	size_t wanted = request->file_count + request->pid_count;
	struct identification *targets = xcalloc(wanted, sizeof(*targets));
	struct error err = ERROR_INIT;
	int status = EXIT_DONE;

	if (request->json && savefile_check(request->json, &err) < 0) {
		free(targets);
		return command_fail(&err);
	}
	size_t count = identify_all(request, targets, &status);
	if (request->json && count && write_json(request->json, targets, count, &err) < 0)
		keep_failure(&err, &status);
	bool is_shown = !request->json || strcmp(request->json, "-") != 0;
	for (size_t i = 0; i < count; i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

		add_target(&out, &targets[i], request->verbose);
		if (!show_utf8())
			show_in_ascii(&out, 0);
		if (is_shown)
			fputs(out.buf, stdout);
		identification_release(&targets[i]);
	}
	free(targets);
	return status;
}

static int identify_main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse_option,
		.args_doc = "FILE...",
		.doc = "Says which allocator serves a program's heap, its version, how it got "
		       "there, what sets it, what is set now, and whether LD_PRELOAD can replace "
		       "it. FILE is a path, or a command in PATH. Nothing of it is run.",
	};
	struct identify_request request = { 0 };

	argp_parse(&argp, argc, argv, 0, NULL, &request);
	int status = identify(&request);
	free(request.files);
	free(request.pids);
	return status;
}

const struct command_entry command_identify = {
	"identify",
	"which allocator serves a program, and what sets it",
	identify_main,
};
