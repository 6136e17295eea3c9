/* SPDX-License-Identifier: MIT */
/* Loads the programs, switches counting on and off, takes them away. bpf-read.c reads. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/xalloc.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

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

static int start(struct tax_session *session, const struct tax_options *options, struct error *err)
{
	int r = load(session, options, err);

	if (r == 0 && options->waiting_pid)
		r = tax_watch_waiting(session, options->waiting_pid, err);
	if (r == 0 && (r = tax_stacks_open(session)) < 0)
		r = tax_error(err, -r, "cannot read stacks");
	if (r == 0)
		r = tax_attach(session, err);
	if (r == 0 && session->period)
		r = tax_windows_open(session, err);
	if (r == 0)
		r = tax_watch_running(session, options->pids, options->pid_count, err);
	if (r == 0)
		tax_stacks_watch(session, options->waiting_pid);
	if (r == 0 && options->count)
		tax_windows_run(session, true);
	return r;
}

int tax_session_open(const struct tax_options *options, struct tax_session **ret, struct error *err)
{
	struct tax_session *session = xcalloc(1, sizeof(*session));
	libbpf_print_fn_t former = tax_error_listen();
	int r = start(session, options, err);

	libbpf_set_print(former);
	if (r < 0) {
		tax_session_close(session);
		return r;
	}
	*ret = session;
	return 0;
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
	free(session);
}
