/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/process.h"
#include "identify/shim-internal.h"
#include "proc/proc.h"

/* Of a shim, a version file, or rustup's settings; real ones have a few hundred bytes. */
enum { TEXT_MAX = 64 << 10 };

bool shim_read(const char *path, struct strbuf *ret)
{
	_cleanup_close_ int place = open(path, O_PATH | O_CLOEXEC);
	_cleanup_close_ int fd = proc_open_regular(place < 0 ? -errno : place);
	char chunk[4096];
	ssize_t n;

	if (fd < 0)
		return false;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && ret->len < TEXT_MAX)
		strbuf_add(ret, chunk, (size_t)n);
	return n >= 0 && ret->len && strlen(ret->buf) == ret->len;
}

bool shim_is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

bool shim_is_plain(const char *name)
{
	return *name && *name != '/' && *name != '.' && !strstr(name, "..") && strlen(name) < 256;
}

char *shim_find_above(const char *name)
{
	char here[PATH_MAX];

	if (!getcwd(here, sizeof(here)))
		return NULL;
	for (;;) {
		char *file = xasprintf("%s/%s", strcmp(here, "/") ? here : "", name);
		char *slash = strrchr(here, '/');
		struct stat st;

		if (stat(file, &st) == 0 && S_ISREG(st.st_mode))
			return file;
		free(file);
		if (!slash || !here[1])
			return NULL;
		slash[slash == here] = '\0';
	}
}

char *shim_find_system(const struct shim_question *question)
{
	const char *path = environment_value(question->environment, "PATH");
	_cleanup_free_ char *copy = xstrdup(path ? path : "");
	char *folder, *rest = copy;

	while ((folder = strsep(&rest, ":"))) {
		char *file = xasprintf("%s/%s", *folder ? folder : ".", question->name);
		size_t len = strlen(folder);

		if ((len < 6 || strcmp(folder + len - 6, "/shims") != 0) && shim_is_program(file))
			return file;
		free(file);
	}
	return NULL;
}
