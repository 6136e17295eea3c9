/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/digest.h"
#include "base/strbuf.h"
#include "launch/census-internal.h"
#include "proc/maps.h"

int census_hold(pid_t pid, uint64_t started, struct proc *ret)
{
	int r = proc_open(&rootfs_real, pid, ret);

	if (r == 0 && ret->started != started) {
		proc_close(ret);
		r = -ESRCH;
	}
	return r;
}

int process_file(const struct proc *proc, dev_t *ret_device, ino_t *ret_inode)
{
	struct stat st;
	int r = proc_stat_link(proc, "exe", &st);

	if (r < 0)
		return r;
	*ret_device = st.st_dev;
	*ret_inode = st.st_ino;
	return 0;
}

uint64_t process_code_digest(const struct member *member)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_proc_ struct proc proc = PROC_INIT;
	struct digest digest;
	struct map_line line;

	if (census_hold(member->pid, member->started, &proc) < 0 ||
	    proc_read(&proc, "maps", PROC_MAPS_MAX, &text) < 0 || !text.len)
		return 0;
	digest_init(&digest);
	for (const char *rest = text.buf; map_next(&rest, &line);)
		if (line.executable && line.path_len) {
			digest_add(&digest, line.path, line.path_len);
			digest_add(&digest, "", 1);
		}
	return digest_value(&digest);
}

/* Data read while the process exits or calls exec may mix two programs: discard it. */
static bool is_still_the_same(const struct inquiry *inquiry)
{
	dev_t device;
	ino_t inode;

	return process_file(&inquiry->proc, &device, &inode) == 0 && device == inquiry->device &&
	       inode == inquiry->inode;
}

static void *inquire(void *context)
{
	struct inquiry *inquiry = context;

	inquiry->r = identify_held_process(&inquiry->proc, &inquiry->found, &inquiry->err);
	if (!is_still_the_same(inquiry)) {
		if (inquiry->r == 0)
			identification_release(&inquiry->found);
		error_release(&inquiry->err);
		inquiry->r = -ESRCH;
	}
	atomic_store(&inquiry->done, true);
	return NULL;
}

int inquiry_start(struct inquiry *inquiry, const struct member *member)
{
	sigset_t all, before;

	*inquiry = (struct inquiry){ .program = member->program };
	int r = census_hold(member->pid, member->started, &inquiry->proc);
	if (r == 0)
		r = process_file(&inquiry->proc, &inquiry->device, &inquiry->inode);
	if (r < 0) {
		proc_close(&inquiry->proc);
		return r;
	}
	/* Block all signals in the new thread: the watching thread handles them. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&inquiry->thread, NULL, inquire, inquiry);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	inquiry->running = r == 0;
	if (r < 0)
		proc_close(&inquiry->proc);
	return r;
}

void inquiry_collect(struct inquiry *inquiry)
{
	pthread_join(inquiry->thread, NULL);
	proc_close(&inquiry->proc);
	inquiry->running = false;
}
