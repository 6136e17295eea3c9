/* SPDX-License-Identifier: MIT */
#include "base/savefile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
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

/* The target of a path. */
struct place {
	int fd;           /* open for writing; -1: nothing is there yet */
	bool is_borrowed; /* one of madvisor's own descriptors */
	bool is_special;  /* write to it instead of replacing it */
	bool is_made;     /* created by the check itself: a link was dangling */
	char *file;       /* path for a regular file */
	struct stat st;   /* of fd */
};

static void place_release(struct place *place)
{
	if (place->fd >= 0 && !place->is_borrowed)
		close(place->fd);
	free(place->file);
}

#define _cleanup_place_ _cleanup_(place_release)

/* The descriptor that a path names, or -1: opening it again would lose its file offset. */
static int descriptor_named(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t number;

	if (!strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		size_t len = strlen(folders[i]);

		if (!strncmp(path, folders[i], len) && parse_u64(path + len, &number) == 0 &&
		    number <= INT_MAX)
			return (int)number;
	}
	return -1;
}

/* The name, free of links, of the file that was opened by a path. */
static int find_file(const char *path, const struct stat *opened, char **ret)
{
	struct stat st;

	if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode)) {
		*ret = xstrdup(path);
	} else {
		*ret = realpath(path, NULL);
		if (!*ret || lstat(*ret, &st) < 0)
			return -errno;
	}
	return st.st_dev == opened->st_dev && st.st_ino == opened->st_ino ? 0 : -ESTALE;
}

static bool is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Opens the target before it is checked, so that it cannot be replaced in between. Never blocks. */
static int open_place(const char *path, struct place *place)
{
	const int flags = O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	place->fd = descriptor_named(path);
	place->is_borrowed = place->fd >= 0;
	if (place->is_borrowed)
		return 0;
	place->fd = open(path, flags);
	if (place->fd < 0 && errno == ENOENT && is_link(path)) {
		place->fd = open(path, flags | O_CREAT, 0666);
		place->is_made = place->fd >= 0;
	}
	if (place->fd >= 0)
		return 0;
	if (errno == ENXIO)
		place->is_special = true; /* a FIFO without a reader yet */
	return errno == ENOENT || errno == ENXIO ? 0 : -errno;
}

static int place_find(const char *path, struct place *place)
{
	int r = *path ? open_place(path, place) : -ENOENT;

	if (r < 0 || place->is_special)
		return r;
	if (place->fd < 0) {
		place->file = xstrdup(path);
		return 0;
	}
	if (fstat(place->fd, &place->st) < 0)
		return -errno;
	place->is_special = place->is_borrowed || !S_ISREG(place->st.st_mode);
	if (!place->is_special)
		return find_file(path, &place->st, &place->file);
	int mode = fcntl(place->fd, F_GETFL);
	return mode < 0 ? -errno : (mode & O_ACCMODE) == O_RDONLY ? -EBADF : 0;
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
	_cleanup_place_ struct place place = { .fd = -1 };
	_cleanup_free_ char *name = NULL;

	if (!strcmp(path, "-"))
		return 0;
	int r = place_find(path, &place);
	if (r == 0 && !place.is_special) {
		_cleanup_close_ int fd = make_neighbour(place.file, &name);

		if (place.is_made)
			unlink(place.file);
		if (fd >= 0)
			unlink(name);
		r = fd < 0 ? fd : 0;
	}
	return r < 0 ? fail(path, -r, err) : 0;
}

static int write_special(const char *path, const struct place *place, const char *text, size_t len)
{
	if (place->fd < 0) {
		_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

		return fd < 0 ? -errno : write_all(fd, text, len);
	}
	if (place->is_borrowed && place->fd == STDOUT_FILENO)
		fflush(stdout);
	if (!place->is_borrowed) {
		int flags = fcntl(place->fd, F_GETFL);

		if (flags < 0 || fcntl(place->fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
			return -errno;
	}
	return write_all(place->fd, text, len);
}

/* The permissions that open(2) would have given, or those of the file that is replaced. */
static mode_t wanted_mode(const struct place *place)
{
	mode_t mask;

	if (place->fd >= 0)
		return place->st.st_mode & 0777;
	mask = umask(0);
	umask(mask);
	return 0666 & ~mask;
}

/* Some file systems do not support fsync(); their error is ignored. */
static int sync_to_disk(int fd)
{
	return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : -errno;
}

static char *folder_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? xstrndup(file, (size_t)(slash - file) + 1) : xstrdup(".");
}

int savefile_sync_folder(const char *file)
{
	_cleanup_free_ char *folder = folder_of(file);
	_cleanup_close_ int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* A folder that is writable but not readable cannot be synced. */
	return fd < 0 ? 0 : sync_to_disk(fd);
}

/* Writes a new file's contents, owner and mode; its name comes later. */
static int fill_file(int fd, const struct place *place, const char *text, size_t len)
{
	int r = write_all(fd, text, len);

	/* Owner before mode: chown(2) may clear mode bits. */
	if (r == 0 && place->fd >= 0 && geteuid() == 0 &&
	    fchown(fd, place->st.st_uid, place->st.st_gid) < 0)
		r = -errno;
	if (r == 0 && fchmod(fd, wanted_mode(place)) < 0)
		r = -errno;
	return r < 0 ? r : sync_to_disk(fd);
}

/*
 * Creates an unnamed file, which vanishes if madvisor is killed; then links it to the name.
 * -EOPNOTSUPP if the file system lacks unnamed files, -EEXIST if the name is taken.
 */
static int write_nameless(const struct place *place, const char *text, size_t len)
{
	_cleanup_free_ char *folder = folder_of(place->file);
	_cleanup_close_ int fd = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0)
		return -EOPNOTSUPP;
	_cleanup_free_ char *link_path = xasprintf("/proc/self/fd/%d", fd);
	int r = fill_file(fd, place, text, len);
	if (r < 0)
		return r;
	if (linkat(AT_FDCWD, link_path, AT_FDCWD, place->file, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	return errno == EEXIST ? -EEXIST : -EOPNOTSUPP;
}

static int write_beside(const struct place *place, const char *text, size_t len)
{
	_cleanup_free_ char *name = NULL;
	_cleanup_close_ int fd = make_neighbour(place->file, &name);
	int r = fd < 0 ? fd : fill_file(fd, place, text, len);

	if (r == 0 && rename(name, place->file) < 0)
		r = -errno;
	if (r < 0 && fd >= 0)
		unlink(name);
	return r;
}

static int write_regular(const struct place *place, const char *text, size_t len)
{
	int r = place->fd < 0 ? write_nameless(place, text, len) : -EEXIST;

	if (r == -EEXIST || r == -EOPNOTSUPP)
		r = write_beside(place, text, len);
	return r < 0 ? r : savefile_sync_folder(place->file);
}

int savefile_write(const char *path, const char *text, size_t len, struct error *err)
{
	_cleanup_place_ struct place place = { .fd = -1 };

	if (!strcmp(path, "-")) {
		fflush(stdout);
		int r = write_all(STDOUT_FILENO, text, len);

		return r < 0 ? fail("standard output", -r, err) : 0;
	}
	int r = place_find(path, &place);
	if (r == 0)
		r = place.is_special ? write_special(path, &place, text, len)
				     : write_regular(&place, text, len);
	if (r < 0 && place.is_made)
		unlink(place.file);
	return r < 0 ? fail(path, -r, err) : 0;
}
