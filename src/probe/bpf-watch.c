/* SPDX-License-Identifier: MIT */
/* Names the processes that the programs in the kernel are to watch. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

enum { STAT_MAX_BYTES = 4096 };

/* 1 where the process was not known before, 0 where it was. */
static int watch_one(struct tax_session *session, pid_t pid, bool waiting)
{
	struct tax_bpf *skeleton = session->skeleton;
	uint32_t tgid = (uint32_t)pid;
	struct tax_space space = { .huge = 1 }; /* for what we do not know */
	struct tax_process process = { .late = !waiting, .waiting = waiting };
	int r;

	/* The programs take numbers from the same place. */
	process.space = __atomic_fetch_add(&skeleton->data->next_space, 1, __ATOMIC_RELAXED);
	r = bpf_map__update_elem(skeleton->maps.spaces, &process.space, sizeof(process.space),
				 &space, sizeof(space), BPF_ANY);
	if (r < 0)
		return r;
	r = bpf_map__update_elem(skeleton->maps.processes, &tgid, sizeof(tgid), &process,
				 sizeof(process), BPF_NOEXIST);
	if (r == 0) {
		__atomic_fetch_add(&skeleton->data->epoch, 1, __ATOMIC_SEQ_CST);
		return 1;
	}
	(void)bpf_map__delete_elem(skeleton->maps.spaces, &process.space, sizeof(process.space), 0);
	return r == -EEXIST ? 0 : r;
}

int tax_watch_waiting(struct tax_session *session, pid_t pid, struct error *err)
{
	int r = watch_one(session, pid, true);

	return r < 0 ? tax_error(err, -r, "cannot watch the process") : 0;
}

static pid_t parent_of(const char *pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%s/stat", pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *behind;
	int parent;

	if (strbuf_read_file(&text, path, STAT_MAX_BYTES) < 0)
		return -1;
	/* The name in parentheses may hold anything: proc(5). */
	behind = strrchr(text.buf, ')');
	return behind && sscanf(behind, ") %*c %d", &parent) == 1 ? parent : -1;
}

static bool is_watched(const struct tax_session *session, pid_t pid)
{
	uint32_t tgid = (uint32_t)pid;
	struct tax_process process;

	return pid > 0 && bpf_map__lookup_elem(session->skeleton->maps.processes, &tgid,
					       sizeof(tgid), &process, sizeof(process), 0) == 0;
}

/* Children of watched processes that were born before the programs were attached; how many. */
static int watch_children(struct tax_session *session)
{
	_cleanup_closedir_ DIR *directory = opendir("/proc");
	const struct dirent *entry;
	int count = 0;

	if (!directory)
		return -errno;
	while ((entry = readdir(directory))) {
		uint64_t pid;

		if (parse_u64(entry->d_name, &pid) < 0 ||
		    !is_watched(session, parent_of(entry->d_name)))
			continue;

		int r = watch_one(session, (pid_t)pid, false);
		if (r < 0)
			return r;
		count += r;
	}
	return count;
}

int tax_watch_running(struct tax_session *session, const pid_t *pids, size_t pid_count,
		      struct error *err)
{
	int r;

	for (size_t i = 0; i < pid_count; i++) {
		if (kill(pids[i], 0) < 0 && errno == ESRCH) {
			error_set(err, ERROR_TARGET, ESRCH, "there is no process %d", (int)pids[i]);
			return -ESRCH;
		}
		r = watch_one(session, pids[i], false);
		if (r < 0)
			return tax_error(err, -r, "cannot watch the process");
	}
	/* A generation a pass; those born meanwhile are followed already. */
	do {
		r = pid_count ? watch_children(session) : 0;
	} while (r > 0);
	return r < 0 ? tax_error(err, -r, "cannot watch the children") : 0;
}
