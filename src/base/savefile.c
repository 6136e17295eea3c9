/* SPDX-License-Identifier: MIT */
#include "base/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

static int fail(const char *path, int code, struct error *err)
{
	error_set(err, ERROR_USAGE, code, "cannot write %s: %s", path, strerror(code));
	if (code == ENOENT)
		error_hint(err, "make its folder first");
	else if (code == EACCES || code == EROFS || code == EPERM)
		error_hint(err, "choose a place that you may write to");
	else if (code == EISDIR)
		error_hint(err, "name a file, not a folder");
	return -code;
}

/* Whether the name is taken by something that must be written to, not replaced. */
static int is_special(const char *path)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return !S_ISREG(st.st_mode);
}

static int make_neighbour(const char *path, char **ret_name)
{
	char *name = xasprintf("%s.XXXXXX", path);
	int fd = mkostemp(name, O_CLOEXEC);

	if (fd < 0) {
		int code = errno;

		free(name);
		return -code;
	}
	*ret_name = name;
	return fd;
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		len -= (size_t)n;
	}
	return 0;
}

int savefile_check(const char *path, struct error *err)
{
	_cleanup_free_ char *name = NULL;

	if (!strcmp(path, "-"))
		return 0;
	int special = *path ? is_special(path) : -ENOENT;
	if (special < 0)
		return fail(path, -special, err);
	if (special)
		return access(path, W_OK) < 0 ? fail(path, errno, err) : 0;
	if (access(path, F_OK) == 0 && access(path, W_OK) < 0)
		return fail(path, errno, err);
	_cleanup_close_ int fd = make_neighbour(path, &name);
	if (fd < 0)
		return fail(path, -fd, err);
	unlink(name);
	return 0;
}

static int write_special(const char *path, const char *text, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? -errno : write_all(fd, text, len);
}

/* The permissions that open(2) would have given, or those of the file that is replaced. */
static mode_t wanted_mode(const char *path)
{
	struct stat st;
	mode_t mask;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		return st.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

static int write_regular(const char *path, const char *text, size_t len)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int fd = make_neighbour(path, &name);

	if (fd < 0)
		return fd;
	int r = write_all(fd, text, len);
	if (r == 0 && fchmod(fd, wanted_mode(path)) < 0)
		r = -errno;
	if (r == 0 && rename(name, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(name);
	return r;
}

int savefile_write(const char *path, const char *text, size_t len, struct error *err)
{
	if (!strcmp(path, "-")) {
		fflush(stdout);
		int r = write_all(STDOUT_FILENO, text, len);

		return r < 0 ? fail("standard output", -r, err) : 0;
	}
	int special = *path ? is_special(path) : -ENOENT;
	int r = special < 0 ? special
		: special   ? write_special(path, text, len)
			    : write_regular(path, text, len);
	return r < 0 ? fail(path, -r, err) : 0;
}
