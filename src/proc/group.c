/* SPDX-License-Identifier: MIT */
#include "proc/group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

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

static void sort(struct proc_group *group)
{
	size_t kept = 0;

	if (group->count)
		qsort(group->pids, group->count, sizeof(*group->pids), compare_pids);
	for (size_t i = 0; i < group->count; i++)
		if (!kept || group->pids[kept - 1] != group->pids[i])
			group->pids[kept++] = group->pids[i];
	group->count = kept;
}

int proc_group_read(const char *folder, struct proc_group *ret)
{
	*ret = (struct proc_group){ 0 };
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_folder(fd, 0, ret);

	if (r < 0)
		proc_group_release(ret);
	/* The file of a group that was removed meanwhile. */
	if (r == -ENODEV)
		return -ENOENT;
	sort(ret);
	return r;
}

bool proc_group_has(const struct proc_group *group, pid_t pid)
{
	return group->count && bsearch(&pid, group->pids, group->count, sizeof(pid), compare_pids);
}

void proc_group_add(struct proc_group *group, pid_t pid)
{
	if (proc_group_has(group, pid))
		return;
	*ARRAY_PUSH(group->pids, group->count, group->alloc) = pid;
	sort(group);
}

void proc_group_release(struct proc_group *group)
{
	if (!group)
		return;
	free(group->pids);
	*group = (struct proc_group){ 0 };
}
