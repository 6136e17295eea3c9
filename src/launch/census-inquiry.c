/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "launch/census-internal.h"

enum { MAPS_MAX = 16 << 20 };

int process_file(pid_t pid, dev_t *ret_device, ino_t *ret_inode)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/exe", (int)pid);
	struct stat st;

	if (stat(path, &st) < 0)
		return -errno;
	*ret_device = st.st_dev;
	*ret_inode = st.st_ino;
	return 0;
}

uint64_t process_code_digest(pid_t pid)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/maps", (int)pid);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct digest digest;
	char *line, *rest;

	if (strbuf_read_file(&text, path, MAPS_MAX) < 0 || !text.len)
		return 0;
	digest_init(&digest);
	rest = text.buf;
	while ((line = strsep(&rest, "\n"))) {
		const char *rights = strchr(line, ' '), *file = strchr(line, '/');

		if (rights && file && strlen(rights) > 3 && rights[3] == 'x')
			digest_add(&digest, file, strlen(file) + 1);
	}
	return digest_value(&digest);
}

/* What was read while the process ended, or while it turned into another, is of neither. */
static bool is_still_the_same(const struct inquiry *inquiry)
{
	dev_t device;
	ino_t inode;

	return process_file(inquiry->pid, &device, &inode) == 0 && device == inquiry->device &&
	       inode == inquiry->inode;
}

static void *inquire(void *context)
{
	struct inquiry *inquiry = context;

	inquiry->r = identify_process(inquiry->pid, &inquiry->found, &inquiry->err);
	if (!is_still_the_same(inquiry)) {
		if (inquiry->r == 0)
			identification_release(&inquiry->found);
		error_release(&inquiry->err);
		inquiry->r = -ESRCH;
	}
	atomic_store(&inquiry->done, true);
	return NULL;
}

int inquiry_start(struct inquiry *inquiry, pid_t pid, size_t program)
{
	sigset_t all, before;

	*inquiry = (struct inquiry){ .pid = pid, .program = program };
	int r = process_file(pid, &inquiry->device, &inquiry->inode);
	if (r < 0)
		return r;
	/* Signals are for the thread that watches. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&inquiry->thread, NULL, inquire, inquiry);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	inquiry->running = r == 0;
	return r;
}

void inquiry_collect(struct inquiry *inquiry)
{
	pthread_join(inquiry->thread, NULL);
	inquiry->running = false;
}
