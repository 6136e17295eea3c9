/* SPDX-License-Identifier: MIT */
#include "proc/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#define MOUNT "/sys/fs/cgroup"
/* Groups within groups; the kernel's own default limit is larger, but no system nests so deep. */
enum { DEPTH_MAX = 64, LIST_MAX = 16 << 20 };

static int compare_pids(const void *a, const void *b)
{
	pid_t left = *(const pid_t *)a, right = *(const pid_t *)b;

	return (left > right) - (left < right);
}

static int read_pids(int folder, struct proc_group *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_close_ int fd = openat(folder, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : strbuf_read_fd(&text, fd, LIST_MAX);

	if (r < 0)
		return r;
	for (char *at = text.buf, *end; at && *at; at = end + strspn(end, "\n")) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		/* 0: a process of another namespace. */
		if (pid > 0 && pid <= INT_MAX)
			*ARRAY_PUSH(ret->pids, ret->count, ret->alloc) = (pid_t)pid;
	}
	return 0;
}

/* The group of an open folder and those below it; takes ownership. */
static int read_folder(int fd, unsigned int depth, struct proc_group *ret)
{
	int r = read_pids(fd, ret);
	DIR *folder = fdopendir(fd);
	struct dirent *entry;

	if (!folder) {
		close(fd);
		return -errno;
	}
	while (depth < DEPTH_MAX && (entry = readdir(folder))) {
		if (*entry->d_name == '.' || entry->d_type != DT_DIR)
			continue;
		int below = openat(dirfd(folder), entry->d_name,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (below >= 0)
			(void)read_folder(below, depth + 1, ret);
	}
	closedir(folder);
	return r;
}

/* A folder, or -ENOENT and the like. */
static int open_group(const char *name)
{
	/* Where version 1 and mixed systems mount what manages processes. */
	static const char *const mounts[] = { "",        "/unified", "/systemd", "/pids",
					      "/memory", "/cpu",     "/cpuset" };
	int fd = -ENOENT;

	if (!strncmp(name, MOUNT, strlen(MOUNT))) {
		fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return fd < 0 ? -errno : fd;
	}
	for (size_t i = 0; fd < 0 && i < ARRAY_SIZE(mounts); i++) {
		_cleanup_free_ char *path = xasprintf(MOUNT "%s/%s", mounts[i], name);

		/* Only a folder that lists processes is a group. */
		_cleanup_free_ char *list = xasprintf("%s/cgroup.procs", path);
		if (access(list, F_OK) == 0)
			fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return fd < 0 ? -ENOENT : fd;
}

int proc_group_read(const char *name, struct proc_group *ret)
{
	size_t kept = 0;

	*ret = (struct proc_group){ 0 };
	int fd = open_group(name);
	int r = fd < 0 ? fd : read_folder(fd, 0, ret);
	if (r < 0) {
		proc_group_release(ret);
		return r;
	}
	if (ret->count)
		qsort(ret->pids, ret->count, sizeof(*ret->pids), compare_pids);
	for (size_t i = 0; i < ret->count; i++)
		if (!kept || ret->pids[kept - 1] != ret->pids[i])
			ret->pids[kept++] = ret->pids[i];
	ret->count = kept;
	return 0;
}

void proc_group_release(struct proc_group *group)
{
	if (!group)
		return;
	free(group->pids);
	*group = (struct proc_group){ 0 };
}
