/* SPDX-License-Identifier: MIT */
#include "launch/memory-group.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cgroup.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#define V1_MOUNT "/sys/fs/cgroup/memory"
#define V2_MOUNT "/sys/fs/cgroup"

/* Ended processes leave their group a moment after they are reaped. */
enum { REMOVE_TRIES = 50, REMOVE_PAUSE_US = 1000 };

static int write_file(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int write_number(const char *folder, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return write_file(folder, name, text);
}

static int read_text(const char *folder, const char *name, struct strbuf *ret)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);

	return rootfs_read(&rootfs_real, path, ret);
}

static bool exists(const char *folder, const char *name)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);

	return access(path, F_OK) == 0;
}

/* The folder of this process's own group; in a container its path may be the host's, and the mount's root is used. */
static char *own_folder(const struct rootfs *fs, const char *mount, const char *controller)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *root = xasprintf("%s%s", fs->root, mount);

	if (rootfs_read(fs, "/proc/self/cgroup", &text) < 0)
		return NULL;
	_cleanup_free_ char *path = cgroup_parse(text.buf, controller);
	if (!path)
		return NULL;
	_cleanup_free_ char *folder = xasprintf("%s%s", root, strcmp(path, "/") ? path : "");
	return access(folder, F_OK) == 0 ? TAKE_PTR(folder) : TAKE_PTR(root);
}

static bool has_word(const struct strbuf *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *s = text->buf; s && (s = strstr(s, word)); s += len)
		if ((s == text->buf || s[-1] == ' ') &&
		    (!s[len] || s[len] == ' ' || s[len] == '\n'))
			return true;
	return false;
}

static bool file_has_word(const char *folder, const char *name, const char *word)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	return read_text(folder, name, &text) == 0 && has_word(&text, word);
}

/* Under version 1 without a hierarchy, a child group would escape its parent's limit. */
static bool take_v1(const struct rootfs *fs, struct memory_place *ret)
{
	_cleanup_free_ char *folder = own_folder(fs, V1_MOUNT, "memory");

	if (!folder || !exists(folder, "memory.max_usage_in_bytes") ||
	    !file_has_word(folder, "memory.use_hierarchy", "1") || access(folder, W_OK) < 0)
		return false;
	*ret = (struct memory_place){ MEMORY_V1, TAKE_PTR(folder), NULL, false };
	return true;
}

/* Whether this process alone is in the group. */
static bool is_alone(const char *folder)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *self = xasprintf("%d", (int)getpid());

	return read_text(folder, "cgroup.procs", &text) == 0 && !strcmp(text.buf, self);
}

static char *move_to_leaf(const char *folder)
{
	_cleanup_free_ char *leaf = xasprintf("%s/madvisor-%d", folder, (int)getpid());

	if (mkdir(leaf, 0755) < 0)
		return NULL;
	if (write_number(leaf, "cgroup.procs", (uint64_t)getpid()) == 0)
		return TAKE_PTR(leaf);
	rmdir(leaf);
	return NULL;
}

static bool take_v2(const struct rootfs *fs, struct memory_place *ret, const char **ret_reason)
{
	_cleanup_free_ char *folder = own_folder(fs, V2_MOUNT, NULL);

	*ret_reason = "no memory controller of control groups";
	if (!folder || !file_has_word(folder, "cgroup.controllers", "memory"))
		return false;
	*ret_reason =
		"the control group is not this user's; systemd-run --user --scope -p Delegate=yes madvisor … gives one";
	if (access(folder, W_OK) < 0)
		return false;
	bool has_it = file_has_word(folder, "cgroup.subtree_control", "memory");
	if (has_it || write_file(folder, "cgroup.subtree_control", "+memory") == 0) {
		*ret = (struct memory_place){ MEMORY_V2, TAKE_PTR(folder), NULL, !has_it };
		return true;
	}
	*ret_reason =
		"others are in the same control group; systemd-run --scope -p Delegate=yes madvisor … gives one";
	if (!is_alone(folder))
		return false;
	struct memory_place place = { MEMORY_V2, TAKE_PTR(folder), NULL, true };
	place.leaf = move_to_leaf(place.path);
	if (place.leaf && write_file(place.path, "cgroup.subtree_control", "+memory") == 0) {
		*ret = place;
		return true;
	}
	memory_place_leave(&place);
	return false;
}

void memory_place_find(const struct rootfs *fs, struct memory_place *ret, const char **ret_reason)
{
	*ret = (struct memory_place){ 0 };
	*ret_reason = NULL;
	if (take_v1(fs, ret) || take_v2(fs, ret, ret_reason))
		*ret_reason = NULL;
}

void memory_place_leave(struct memory_place *place)
{
	if (place->enabled)
		(void)write_file(place->path, "cgroup.subtree_control", "-memory");
	if (place->leaf) {
		(void)write_number(place->path, "cgroup.procs", (uint64_t)getpid());
		rmdir(place->leaf);
	}
	free(place->leaf);
	free(place->path);
	*place = (struct memory_place){ 0 };
}

static struct memory_place own;
static pid_t owner;

/* A forked child that exits is still another process. */
static void leave_own(void)
{
	if (owner == getpid())
		memory_place_leave(&own);
}

void memory_place_sweep(const struct memory_place *place)
{
	DIR *folder = place->path ? opendir(place->path) : NULL;

	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		int pid;

		if (sscanf(entry->d_name, "madvisor-%d-", &pid) == 1 && pid > 0 &&
		    kill(pid, 0) < 0 && errno == ESRCH)
			(void)unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
	}
	if (folder)
		closedir(folder);
}

const struct memory_place *memory_place_get(void)
{
	const char *reason;

	if (owner)
		return &own;
	owner = getpid();
	memory_place_find(&rootfs_real, &own, &reason);
	memory_place_sweep(&own);
	atexit(leave_own);
	return &own;
}

/* Swap counts as memory: a run that is over its limit is to be stopped, not to be slowed down. */
static int limit(const struct memory_group *group, uint64_t limit_bytes)
{
	bool is_v1 = group->version == MEMORY_V1;
	int r = write_number(group->path, is_v1 ? "memory.limit_in_bytes" : "memory.max",
			     limit_bytes);

	if (r < 0)
		return r;
	/* Missing where the kernel accounts no swap. */
	if (is_v1)
		(void)write_number(group->path, "memory.memsw.limit_in_bytes", limit_bytes);
	else
		(void)write_number(group->path, "memory.swap.max", 0);
	if (!is_v1)
		(void)write_number(group->path, "memory.oom.group", 1);
	return 0;
}

int memory_group_open(const struct memory_place *place, pid_t pid, uint64_t limit_bytes,
		      struct memory_group *ret)
{
	static unsigned int count;

	*ret = (struct memory_group){ 0 };
	if (place->version == MEMORY_NONE)
		return -ENOTSUP;
	struct memory_group group = {
		.version = place->version,
		.path = xasprintf("%s/madvisor-%d-%u", place->path, (int)getpid(), ++count),
	};
	int r = mkdir(group.path, 0755) < 0 ? -errno : 0;
	if (r < 0) {
		free(group.path);
		return r;
	}
	if (limit_bytes)
		r = limit(&group, limit_bytes);
	if (r == 0)
		r = write_number(group.path, "cgroup.procs", (uint64_t)pid);
	if (r < 0)
		memory_group_close(&group);
	*ret = group;
	return r;
}

double memory_group_peak_bytes(const struct memory_group *group)
{
	uint64_t bytes;

	if (group->version == MEMORY_NONE)
		return NAN;
	_cleanup_free_ char *path = xasprintf(
		"%s/%s", group->path,
		group->version == MEMORY_V1 ? "memory.max_usage_in_bytes" : "memory.peak");
	/* memory.peak came with Linux 5.19. */
	return rootfs_read_u64(&rootfs_real, path, &bytes) < 0 ? NAN : (double)bytes;
}

bool memory_group_overran(const struct memory_group *group)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	const char *name = group->version == MEMORY_V1 ? "memory.oom_control" : "memory.events";
	unsigned long long count;

	if (group->version == MEMORY_NONE || read_text(group->path, name, &text) < 0)
		return false;
	const char *line = strstr(text.buf, "oom_kill ");
	return line && sscanf(line, "oom_kill %llu", &count) == 1 && count > 0;
}

void memory_group_close(struct memory_group *group)
{
	for (int i = 0; group->path && rmdir(group->path) < 0 && errno == EBUSY && i < REMOVE_TRIES;
	     i++)
		usleep(REMOVE_PAUSE_US);
	free(group->path);
	*group = (struct memory_group){ 0 };
}
