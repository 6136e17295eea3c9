/* SPDX-License-Identifier: MIT */
#include "base/selfdir.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/xalloc.h"

char *self_directory(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	char *slash = strrchr(path, '/');
	if (!slash)
		return NULL;
	return xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
}
