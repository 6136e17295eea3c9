/* SPDX-License-Identifier: MIT */
#include "base/selfdir.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/xalloc.h"

char *self_directory(void)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (len <= 0)
		return NULL;
	path[len] = '\0';
	return path_folder(path);
}

bool self_is_installed(void)
{
	_cleanup_free_ char *dir = self_directory();
	_cleanup_free_ char *plan = dir ? xasprintf("%s/build.ninja", dir) : NULL;

	return !plan || access(plan, F_OK) < 0;
}

char *self_companion(const char *name, int mode)
{
	static const char *const places[] = { "", "../libexec/madvisor/" };
	_cleanup_free_ char *dir = self_directory();

	for (size_t i = 0; dir && i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s%s", dir, places[i], name);

		if (access(path, mode) == 0)
			return realpath(path, NULL);
	}
	return NULL;
}
