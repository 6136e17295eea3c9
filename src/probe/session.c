/* SPDX-License-Identifier: MIT */
#include "probe/probe.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "probe/rungs.h"

enum { LAYERS_MAX = 3 };

/*
 * Memory is sampled this often. Reading /proc/PID/status takes 10 to 20 us on the reading side and
 * holds no lock that the program's own faults need.
 */
#define SAMPLE_PERIOD_NS (10 * NS_PER_MS)

/* Metrics that a rung which stops the program at each call makes useless, from any layer. */
static const enum metric_id distorted[] = {
	METRIC_USER_NS, METRIC_SYS_NS,       METRIC_CPU_NS,     METRIC_CONTEXT_SWITCHES,
	METRIC_CYCLES,  METRIC_INSTRUCTIONS, METRIC_LLC_MISSES,
};

struct layer {
	const struct probe *probe;
	void *state;
};

struct probe_session {
	struct layer layers[LAYERS_MAX]; /* the rung first */
	size_t count;
};

int probe_prepare_child(const struct probe *probe)
{
	return probe->prepare_child ? probe->prepare_child() : 0;
}

/*
 * The kernel switches counters with each thread, so they are left out where timings count, like any
 * observer whose cost on this machine is not known.
 */
static bool belongs(const struct probe *layer, const struct probe *rung)
{
	return layer != &probe_hardware || rung->costs;
}

static int add_layer(struct probe_session *session, const struct probe *probe, pid_t pid,
		     enum probe_start start, struct error *err)
{
	struct layer layer = { probe, NULL };

	for (size_t i = 0; i < session->count; i++)
		if (session->layers[i].probe == probe)
			return 0;

	int r = probe->open(pid, start, &layer.state, err);
	if (r < 0)
		return r;
	session->layers[session->count++] = layer;
	return 0;
}

int probe_open(const struct probe *probe, pid_t pid, enum probe_start start,
	       struct probe_session **ret, struct error *err)
{
	const struct probe *const stack[LAYERS_MAX] = { probe, &probe_hardware, &probe_rusage };
	struct probe_session *session = xcalloc(1, sizeof(*session));

	for (size_t i = 0; i < LAYERS_MAX; i++) {
		if (!belongs(stack[i], probe))
			continue;

		int r = add_layer(session, stack[i], pid, start, err);

		if (r < 0) {
			error_prefix(err, "probe %s", stack[i]->name);
			probe_close(session);
			return r;
		}
	}
	*ret = session;
	return 0;
}

void probe_enable(struct probe_session *session)
{
	/* The layer that disturbs least first, so that the rung's counts begin last. */
	for (size_t i = session->count; i-- > 0;)
		if (session->layers[i].probe->enable)
			session->layers[i].probe->enable(session->layers[i].state);
}

void probe_disable(struct probe_session *session)
{
	for (size_t i = 0; i < session->count; i++)
		if (session->layers[i].probe->disable)
			session->layers[i].probe->disable(session->layers[i].state);
}

void probe_sample(struct probe_session *session)
{
	for (size_t i = 0; i < session->count; i++)
		if (session->layers[i].probe->sample)
			session->layers[i].probe->sample(session->layers[i].state);
}

uint64_t probe_sample_period_ns(const struct probe_session *session)
{
	return SAMPLE_PERIOD_NS;
}

pid_t probe_helper(const struct probe_session *session)
{
	const struct layer *rung = &session->layers[0];

	return rung->probe->helper ? rung->probe->helper(rung->state) : 0;
}

char *probe_note(const struct probe_session *session)
{
	const struct layer *rung = &session->layers[0];

	return rung->probe->note ? rung->probe->note(rung->state) : NULL;
}

void probe_finish(struct probe_session *session, const struct rusage *usage,
		  struct metrics *metrics)
{
	metrics_init(metrics);
	for (size_t i = 0; i < session->count; i++) {
		const struct layer *layer = &session->layers[i];
		struct metrics own;

		metrics_init(&own);
		layer->probe->finish(layer->state, usage, &own);
		metrics_fill(metrics, &own);
	}
	for (size_t i = 0; session->layers[0].probe->distorts && i < ARRAY_SIZE(distorted); i++)
		metrics->value[distorted[i]] = NAN;
}

struct lineage *probe_take_lineage(struct probe_session *session)
{
	const struct layer *rung = &session->layers[0];

	return rung->probe->lineage ? rung->probe->lineage(rung->state) : NULL;
}

struct stack_log *probe_take_stacks(struct probe_session *session)
{
	const struct layer *rung = &session->layers[0];

	return rung->probe->stacks ? rung->probe->stacks(rung->state) : NULL;
}

struct process_share *probe_take_shares(struct probe_session *session, size_t *ret_count)
{
	const struct layer *rung = &session->layers[0];

	*ret_count = 0;
	return rung->probe->shares ? rung->probe->shares(rung->state, ret_count) : NULL;
}

void probe_close(struct probe_session *session)
{
	if (!session)
		return;
	while (session->count > 0) {
		struct layer *layer = &session->layers[--session->count];

		layer->probe->close(layer->state);
	}
	free(session);
}
