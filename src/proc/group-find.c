/* SPDX-License-Identifier: MIT */
/* proc/group: which folder a group is, among the hierarchies that are mounted. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/rootfs.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "proc/group.h"
#include "proc/proc.h"
#include "proc/table.h"

#define MOUNT "/sys/fs/cgroup"
#define TYPE_1 "cgroup"
#define TYPE_2 "cgroup2"

/* The folder that was found so far. */
struct group_search {
	const char *name;        /* without slashes at its beginning */
	char *folder;            /* owned */
	char *other;             /* of another hierarchy, with other processes; owned */
	struct proc_group holds; /* the processes of folder */
	int denied;              /* -EACCES or -EPERM: there is one that may not be read; or 0 */
};

static bool shares_process(const struct proc_group *x, const struct proc_group *y)
{
	for (size_t i = 0; i < x->count; i++)
		if (proc_group_has(y, x->pids[i]))
			return true;
	return false;
}

/*
 * Only a folder that lists processes is a group. Hierarchies that are kept alike, as systemd's and containers' are, have
 * the same group: one process in both tells.
 */
static void consider(struct group_search *search, const char *folder)
{
	_cleanup_free_ char *list = xasprintf("%s/cgroup.procs", folder);
	struct proc_group group;

	if (access(list, F_OK) < 0)
		return;
	int r = proc_group_read(folder, &group);
	if (r == -EACCES || r == -EPERM)
		search->denied = r;
	if (r < 0 && r != -EOPNOTSUPP)
		return;
	if (search->folder && search->holds.count) {
		if (group.count && !search->other && !shares_process(&search->holds, &group))
			search->other = xstrdup(folder);
		proc_group_release(&group);
		return;
	}
	if (search->folder && !group.count) {
		proc_group_release(&group);
		return;
	}
	free(search->folder);
	proc_group_release(&search->holds);
	search->folder = xstrdup(folder);
	search->holds = group;
}

/* What is behind a path of which the other is a part, from its beginning: "/x" of "/docker/x" behind "/docker". NULL: it is none. */
static const char *rest_of(const char *path, const char *part)
{
	size_t len = strlen(part);

	return !strncmp(path, part, len) && (!path[len] || path[len] == '/') ? path + len : NULL;
}

/* Line of mountinfo: which part of a hierarchy is mounted where, such as a container's own group. */
static void consider_mount(struct group_search *search, const char *line, const char *wanted_type)
{
	_cleanup_free_ char *root = NULL, *folder = NULL;
	const char *behind = strstr(line, " - ");
	char type[16];

	if (!behind || sscanf(behind, " - %15s", type) != 1 || strcmp(type, wanted_type) != 0 ||
	    sscanf(line, "%*d %*d %*s %ms %ms", &root, &folder) != 2)
		return;
	const char *rest = strcmp(root, "/") != 0 ? rest_of(search->name, root + 1) : NULL;
	_cleanup_free_ char *path =
		rest ? xasprintf("%s%s", folder, rest) : xasprintf("%s/%s", folder, search->name);
	consider(search, path);
}

static void search_mounts(struct group_search *search)
{
	/* Version 2 first: where both are kept, it is the one that systemd goes by. */
	static const char *const types[] = { TYPE_2, TYPE_1 };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (rootfs_read(&rootfs_real, "/proc/self/mountinfo", &text) < 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		for (char *line = text.buf, *next; line && *line; line = next) {
			next = strchr(line, '\n');
			if (next)
				*next = '\0';
			consider_mount(search, line, types[i]);
			if (next)
				*next++ = '\n';
		}
	}
}

/* The controllers of the hierarchy that has a process in such a group ("" is version 2); NULL: there is none. Caller frees. */
static char *find_hierarchy(const char *name)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };

	(void)proc_table_read(&rootfs_real, &table);
	for (size_t i = 0; i < table.count; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		_cleanup_proc_ struct proc proc = PROC_INIT;
		char *line = NULL, *rest;

		if (proc_open(&rootfs_real, table.items[i].pid, &proc) < 0 ||
		    proc_read(&proc, "cgroup", PROC_FILE_MAX, &text) < 0 || !text.buf)
			continue;
		for (line = strtok_r(text.buf, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest)) {
			char *controllers = strchr(line, ':');
			char *path = controllers ? strchr(controllers + 1, ':') : NULL;

			if (!path || strcmp(path + 1 + (path[1] == '/'), name) != 0)
				continue;
			*path = '\0';
			return xstrdup(controllers + 1);
		}
	}
	return NULL;
}

static int say_none(const char *name, struct error *err)
{
	_cleanup_free_ char *controllers = find_hierarchy(name + strspn(name, "/"));

	if (!controllers) {
		error_set(err, ERROR_USAGE, ENOENT, "%s: no such control group", name);
		error_hint(err, "/proc/PID/cgroup names the group of a process");
		return -ENOENT;
	}
	error_set(err, ERROR_USAGE, ENOENT,
		  "%s: this control group is of another hierarchy (%s), which is not mounted here",
		  name, *controllers ? controllers : "version 2");
	if (*controllers)
		error_hint(err, "mkdir /tmp/groups && mount -t cgroup -o %s none /tmp/groups",
			   controllers);
	else
		error_hint(err, "mkdir /tmp/groups && mount -t cgroup2 none /tmp/groups");
	return -ENOENT;
}

static int say_several(const struct group_search *search, struct error *err)
{
	error_set(err, ERROR_USAGE, EEXIST,
		  "%s: several hierarchies have a control group of this name, with other processes",
		  search->name);
	error_hint(err, "name one of them by its folder: %s or %s", search->folder, search->other);
	return -EEXIST;
}

static int answer(struct group_search *search, const char *name, char **ret, struct error *err)
{
	if (search->folder && search->other)
		return say_several(search, err);
	if (search->folder) {
		*ret = search->folder;
		search->folder = NULL;
		return 0;
	}
	if (search->denied) {
		error_set(err, ERROR_MACHINE, -search->denied, "%s: not allowed to look at it",
			  name);
		error_hint(err, "run madvisor as root");
		return search->denied;
	}
	return say_none(name, err);
}

int proc_group_find(const char *name, char **ret, struct error *err)
{
	struct group_search search = { .name = name + strspn(name, "/") };
	_cleanup_free_ char *below = xasprintf(MOUNT "/%s", search.name);

	/* One that is named as a folder is meant, whatever others are called. */
	if (*name == '/')
		consider(&search, name);
	if (!search.folder)
		consider(&search, below);
	if (!search.folder)
		search_mounts(&search);
	int r = answer(&search, name, ret, err);
	proc_group_release(&search.holds);
	free(search.folder);
	free(search.other);
	return r;
}
