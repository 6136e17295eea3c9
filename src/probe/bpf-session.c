/* SPDX-License-Identifier: MIT */
/* Loads the programs, switches counting on and off, takes them away. bpf-read.c reads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

/*
 * What tax_session_try() loaded, for the first session that can use it: verifying the programs is most of the work of
 * starting one. Loaded programs that are attached nowhere cost nothing.
 */
static struct tax_session *spare;

static int load(struct tax_session *session, const struct tax_options *options, struct error *err)
{
	int r;

	session->skeleton = tax_bpf__open();
	if (!session->skeleton)
		return tax_error(err, errno, "cannot prepare the BPF programs");
	r = tax_configure(session, options, err);
	if (r < 0)
		return r;
	r = tax_bpf__load(session->skeleton);
	return r < 0 ? tax_error(err, -r, "the kernel does not take the BPF programs") : 0;
}

static int load_new(const struct tax_options *options, struct tax_session **ret, struct error *err)
{
	struct tax_session *session = xcalloc(1, sizeof(*session));
	int r = load(session, options, err);

	if (r < 0)
		tax_session_close(session);
	else
		*ret = session;
	return r;
}

/* Of the options, these alone are decided by loading; the ring for stacks may be there for nothing. */
static bool fits(const struct tax_session *session, const struct tax_options *options)
{
	return !options->unbounded && session->period == options->period &&
	       session->memory_bytes == options->memory_bytes &&
	       (session->has_ring || !options->stacks);
}

static int load_or_take(const struct tax_options *options, struct tax_session **ret,
			struct error *err)
{
	if (!spare || !fits(spare, options))
		return load_new(options, ret, err);
	*ret = spare;
	spare = NULL;
	return 0;
}

static void switch_on(struct tax_session *session, const struct tax_options *options)
{
	struct tax_bpf *skeleton = session->skeleton;

	skeleton->bss->counting = options->count;
	skeleton->bss->take_stacks = options->stacks && skeleton->rodata->has_stacks;
	if (skeleton->bss->take_stacks)
		session->features |= TAX_SEES_STACKS;
}

static int start(struct tax_session *session, const struct tax_options *options, struct error *err)
{
	int r = 0;

	switch_on(session, options);
	if (options->waiting_pid)
		r = tax_watch_waiting(session, options->waiting_pid, err);
	if (r == 0 && (r = tax_stacks_open(session)) < 0)
		r = tax_error(err, -r, "cannot read stacks");
	tax_calibrate_before(session);
	if (r == 0)
		r = tax_attach(session, err);
	if (r == 0 && session->period)
		r = tax_windows_open(session, err);
	if (r == 0)
		tax_calibrate_after(session);
	if (r == 0)
		r = tax_watch_running(session, options, err);
	if (r == 0)
		tax_stacks_watch(session, options->waiting_pid);
	if (r == 0 && options->count)
		tax_windows_run(session, true);
	return r;
}

static int open_session(const struct tax_options *options, struct tax_session **ret,
			struct error *err)
{
	struct tax_session *session;
	int r = load_or_take(options, &session, err);

	if (r < 0)
		return r;
	r = start(session, options, err);
	if (r < 0)
		tax_session_close(session);
	else
		*ret = session;
	return r;
}

/* Once more with the next hooks, where these are refused. A process that is gone is gone for all of them. */
static bool may_descend(int r, struct error *err)
{
	if (r == 0 || (err && err->kind == ERROR_TARGET) || !tax_hooks_descend())
		return false;
	if (err)
		error_release(err);
	return true;
}

int tax_session_open(const struct tax_options *options, struct tax_session **ret, struct error *err)
{
	libbpf_print_fn_t former;
	int r;

	do {
		former = tax_error_listen();
		r = open_session(options, ret, err);
		libbpf_set_print(former);
	} while (may_descend(r, err));
	return r;
}

static int try_session(const struct tax_options *options, struct error *err)
{
	libbpf_print_fn_t former = tax_error_listen();
	int r = 0;

	if (!spare)
		r = load_new(options, &spare, err);
	if (r == 0)
		r = tax_attach(spare, err);
	if (r == 0 && spare->period)
		r = tax_windows_open(spare, err);
	if (spare)
		tax_session_detach(spare);
	if (r < 0) {
		tax_session_close(spare);
		spare = NULL;
	} else {
		free(spare->windows.sums);
		spare->windows = (struct tax_windows){ .number = 0 };
	}
	libbpf_set_print(former);
	return r;
}

int tax_session_try(const struct tax_options *options, struct error *err)
{
	int r;

	do {
		r = try_session(options, err);
	} while (may_descend(r, err));
	return r;
}

void tax_session_count(struct tax_session *session, bool on)
{
	__atomic_store_n(&session->skeleton->bss->counting, on, __ATOMIC_SEQ_CST);
	tax_windows_run(session, on);
}

void tax_session_tick(struct tax_session *session)
{
	tax_stacks_drain(session);
	tax_windows_tick(session);
}

void tax_session_detach(struct tax_session *session)
{
	tax_windows_close(session);
	tax_detach_links(&session->links);
}

void tax_session_close(struct tax_session *session)
{
	if (!session)
		return;
	tax_session_detach(session);
	tax_stacks_close(session);
	stack_log_free(session->log);
	tax_bpf__destroy(session->skeleton);
	free(session->windows.sums);
	free(session);
}
