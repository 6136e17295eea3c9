/* SPDX-License-Identifier: MIT */
#include "probe/lineage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "probe/lineage-internal.h"
#include "probe/tracing.h"

struct lineage_state {
	struct lineage_board *board;
	struct tracing tracing;
};

static void close_state(void *context)
{
	struct lineage_state *state = context;

	tracing_stop(&state->tracing);
	if (state->board)
		munmap(state->board, sizeof(*state->board));
	free(state);
}

static int open_state(pid_t pid, enum probe_start start, void **ret_state, struct error *err)
{
	struct lineage_state *state = xcalloc(1, sizeof(*state));
	(void)start;

	state->tracing = (struct tracing)TRACING_INIT;
	state->board = mmap(NULL, sizeof(*state->board), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (state->board == MAP_FAILED) {
		state->board = NULL;
		close_state(state);
		return error_set(err, ERROR_MACHINE, ENOMEM, "no memory for the tracer");
	}
	struct lineage_orders orders = { state->board, pid };
	int r = tracing_start(&state->tracing, lineage_main, &orders, err);
	if (r < 0) {
		close_state(state);
		return r;
	}
	*ret_state = state;
	return 0;
}

static pid_t helper(void *context)
{
	return ((struct lineage_state *)context)->tracing.pid;
}

/* Nothing is measured; see take_lineage(). */
static void finish(void *context, const struct rusage *usage, struct metrics *metrics)
{
	(void)context;
	(void)usage;
	(void)metrics;
}

static struct lineage *take_lineage(void *context)
{
	const struct lineage_state *state = context;
	struct lineage *lineage = xcalloc(1, sizeof(*lineage));
	size_t bytes = atomic_load(&state->board->count) * sizeof(*lineage->images);

	lineage->count = bytes / sizeof(*lineage->images);
	lineage->images = xmalloc(bytes + 1);
	memcpy(lineage->images, state->board->images, bytes);
	lineage->complete = lineage->count && !atomic_load(&state->board->incomplete) &&
			    !tracing_was_killed(&state->tracing);
	return lineage;
}

void lineage_free(struct lineage *lineage)
{
	if (!lineage)
		return;
	free(lineage->images);
	free(lineage);
}

const struct probe probe_lineage = {
	.name = "lineage",
	.description = "ptrace: every program that runs, with its CPU time",
	.gives = "programs and their CPU time",
	.costs = true,
	.distorts = true,
	.open = open_state,
	.helper = helper,
	.finish = finish,
	.close = close_state,
	.lineage = take_lineage,
};
