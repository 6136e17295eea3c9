/* SPDX-License-Identifier: MIT */
/* Reads the stacks that the programs in the kernel copied, and the mappings of their processes. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

/* libbpf calls it for each. */
static int take_stack(void *context, void *data, size_t size)
{
	struct tax_session *session = context;
	struct stack_log *log = session->log;
	struct tax_stack *stack;

	if (size < offsetof(struct tax_stack, stack) || size > sizeof(*stack))
		return 0;
	stack = xmalloc(size);
	memcpy(stack, data, size);
	if (stack->stack_bytes > size - offsetof(struct tax_stack, stack))
		stack->stack_bytes = (uint32_t)(size - offsetof(struct tax_stack, stack));
	*ARRAY_PUSH(log->stacks, log->stack_count, log->stack_alloc) = stack;
	mappings_watch(session->mappings, (pid_t)stack->tgid, true);
	return 0;
}

/* Watches the named processes and the children they had before the programs were attached. */
static void watch_mappings(struct tax_session *session, pid_t waiting_pid)
{
	const struct bpf_map *processes = session->skeleton->maps.processes;
	uint32_t tgid, previous;
	const uint32_t *at = NULL;

	if (waiting_pid)
		mappings_watch(session->mappings, waiting_pid, false);
	while (bpf_map__get_next_key(processes, at, &tgid, sizeof(tgid)) == 0) {
		mappings_watch(session->mappings, (pid_t)tgid, true);
		previous = tgid;
		at = &previous;
	}
}

int tax_stacks_open(struct tax_session *session)
{
	const struct bpf_map *stacks = session->skeleton->maps.stacks;

	if (!session->skeleton->bss->take_stacks)
		return 0;
	session->log = stack_log_new();
	session->ring = ring_buffer__new(bpf_map__fd(stacks), take_stack, session, NULL);
	if (!session->ring)
		return -errno;
	session->mappings = mappings_open(session->log);
	return 0;
}

void tax_stacks_watch(struct tax_session *session, pid_t waiting_pid)
{
	if (session->mappings)
		watch_mappings(session, waiting_pid);
}

static void drain(struct tax_session *session, bool last)
{
	/* Mappings first, so that those made before a stack was taken are known. */
	if (session->mappings)
		mappings_drain(session->mappings, last);
	if (session->ring)
		(void)ring_buffer__consume(session->ring);
}

void tax_stacks_drain(struct tax_session *session)
{
	drain(session, false);
}

struct stack_log *tax_session_take_stacks(struct tax_session *session)
{
	struct stack_log *log = session->log;

	if (!log)
		return NULL;
	drain(session, true);
	stack_log_settle(log);
	log->lost = session->skeleton->bss->losses.stacks;
	tax_stacks_close(session);
	session->log = NULL;
	return log;
}

void tax_stacks_close(struct tax_session *session)
{
	ring_buffer__free(session->ring);
	mappings_close(session->mappings);
	session->ring = NULL;
	session->mappings = NULL;
}
