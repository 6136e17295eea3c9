/* SPDX-License-Identifier: MIT */
/* Takes the place of bpf-session.c where madvisor is built without BPF. */
#include <errno.h>
#include <stdlib.h>

#include "probe/bpf.h"

int tax_session_try(const struct tax_options *options, struct error *err)
{
	error_set(err, ERROR_MACHINE, ENOTSUP, "this madvisor was built without BPF");
	error_hint(err, "install clang, bpftool and libbpf-dev, and build again");
	return -ENOTSUP;
}

int tax_session_open(const struct tax_options *options, struct tax_session **ret, struct error *err)
{
	return tax_session_try(options, err);
}

/* Never called: tax_session_open() always fails. */
const char *tax_session_hooks(void)
{
	abort();
}

void tax_session_watch(struct tax_session *session, const pid_t *pids, size_t count)
{
	abort();
}

void tax_session_count(struct tax_session *session, bool on)
{
	abort();
}

int tax_session_read(struct tax_session *session, struct tax_snapshot *ret)
{
	abort();
}

void tax_session_detach(struct tax_session *session)
{
	abort();
}

void tax_session_tick(struct tax_session *session)
{
	abort();
}

struct stack_log *tax_session_take_stacks(struct tax_session *session)
{
	abort();
}

void tax_session_close(struct tax_session *session)
{
}
