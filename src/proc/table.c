/* SPDX-License-Identifier: MIT */
#include "proc/table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "proc/proc.h"

static int read_entry(int root, const char *pid, struct proc_stat *ret)
{
	char path[300];

	snprintf(path, sizeof(path), "%s/stat", pid);
	_cleanup_close_ int fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : proc_reread_stat(fd, ret);
}

int proc_table_read(const struct rootfs *fs, struct proc_table *table)
{
	_cleanup_free_ char *path = xasprintf("%s/proc", fs->root);
	_cleanup_closedir_ DIR *root = opendir(path);
	struct dirent *entry;
	struct proc_stat stat;

	table->count = 0;
	if (!root)
		return -errno;
	while ((entry = readdir(root)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    read_entry(dirfd(root), entry->d_name, &stat) == 0)
			*ARRAY_PUSH(table->items, table->count, table->alloc) = stat;
	return 0;
}

void proc_table_release(struct proc_table *table)
{
	if (!table)
		return;
	free(table->items);
	*table = (struct proc_table){ 0 };
}
