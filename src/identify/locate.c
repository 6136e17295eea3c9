/* SPDX-License-Identifier: MIT */
#include "identify/locate.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/process.h"

/* Finds a command in the PATH of the environment. Caller frees; NULL if not found. */
static char *find_command(const char *name, char *const *environment)
{
	const char *path = environment_value(environment, "PATH");
	_cleanup_free_ char *copy = xstrdup(path ? path : "/usr/local/bin:/usr/bin:/bin");
	char *folder, *rest = copy;

	while ((folder = strsep(&rest, ":"))) {
		char *file = xasprintf("%s/%s", *folder ? folder : ".", name);
		struct stat st;

		if (stat(file, &st) == 0 && S_ISREG(st.st_mode) && access(file, X_OK) == 0)
			return file;
		free(file);
	}
	return NULL;
}

char *program_locate(const char *name, char *const *environment)
{
	struct stat st;

	return strchr(name, '/') || stat(name, &st) == 0 ? xstrdup(name)
							 : find_command(name, environment);
}
