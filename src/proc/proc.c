/* SPDX-License-Identifier: MIT */
#include "proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

/* More than "stat", "statm" and, but for a process of thousands of groups, "status" are. */
enum { SMALL_FILE_BYTES = 8192 };

/* /proc gives these files whole with one read from their start. */
static int read_afresh(int fd, char text[static SMALL_FILE_BYTES])
{
	ssize_t n = pread(fd, text, SMALL_FILE_BYTES - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

int proc_reread_stat(int fd, struct proc_stat *ret)
{
	char text[SMALL_FILE_BYTES];
	int r = read_afresh(fd, text);

	return r < 0 ? r : proc_parse_stat(text, ret);
}

int proc_reread_status(int fd, struct proc_status *ret)
{
	char text[SMALL_FILE_BYTES];
	int r = read_afresh(fd, text);

	return r < 0 ? r : proc_parse_status(text, ret);
}

int proc_open(const struct rootfs *fs, pid_t pid, struct proc *ret)
{
	_cleanup_free_ char *path = xasprintf("%s/proc/%d", fs->root, (int)pid);
	struct proc_stat stat;

	*ret = (struct proc)PROC_INIT;
	ret->pid = pid;
	ret->dir = pid > 0 ? open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	if (ret->dir < 0)
		return pid <= 0 || errno == ENOENT ? -ESRCH : -errno;
	int r = proc_read_stat(ret, &stat);
	if (r < 0)
		proc_close(ret);
	else
		ret->started = stat.started;
	return r;
}

void proc_close(struct proc *proc)
{
	if (!proc)
		return;
	if (proc->dir >= 0)
		close(proc->dir);
	proc->dir = -1;
}

static bool is_gone(const struct proc *proc)
{
	return faccessat(proc->dir, "stat", F_OK, 0) < 0;
}

/* Every failure because the process is gone becomes -ESRCH. */
static int failure(const struct proc *proc, int code)
{
	return code == ENOENT && is_gone(proc) ? -ESRCH : -code;
}

int proc_open_file(const struct proc *proc, const char *name, int flags)
{
	int fd = openat(proc->dir, name, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? failure(proc, errno) : fd;
}

int proc_open_in_root(const struct proc *proc, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	_cleanup_close_ int root = proc_open_file(proc, "root", O_PATH | O_DIRECTORY);

	if (root < 0)
		return root;
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
	return fd < 0 ? -errno : fd;
}

int proc_open_mapped(const struct proc *proc, uint64_t start, uint64_t end)
{
	_cleanup_free_ char *name = xasprintf("map_files/%llx-%llx", (unsigned long long)start,
					      (unsigned long long)end);

	return proc_open_file(proc, name, O_PATH);
}

int proc_open_regular(int place)
{
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d", place);
	struct stat st;

	if (place < 0 || fstat(place, &st) < 0)
		return place < 0 ? place : -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOEXEC;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? -errno : fd;
}

int proc_read(const struct proc *proc, const char *name, size_t max, struct strbuf *ret)
{
	_cleanup_close_ int fd = proc_open_file(proc, name, O_RDONLY);

	return fd < 0 ? fd : strbuf_read_fd(ret, fd, max);
}

int proc_read_link(const struct proc *proc, const char *name, char **ret)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(proc->dir, name, target, sizeof(target));

	if (len < 0)
		return failure(proc, errno);
	if ((size_t)len == sizeof(target))
		return -ENAMETOOLONG;
	*ret = xstrndup(target, (size_t)len);
	return 0;
}

int proc_stat_link(const struct proc *proc, const char *name, struct stat *ret)
{
	return fstatat(proc->dir, name, ret, 0) < 0 ? failure(proc, errno) : 0;
}

bool proc_link_has_attribute(const struct proc *proc, const char *name, const char *attribute)
{
	/* getxattrat(2) exists only since Linux 6.13. */
	_cleanup_free_ char *path = xasprintf("/proc/self/fd/%d/%s", proc->dir, name);

	return getxattr(path, attribute, NULL, 0) > 0;
}

int proc_read_stat(const struct proc *proc, struct proc_stat *ret)
{
	_cleanup_close_ int fd = proc_open_file(proc, "stat", O_RDONLY);

	return fd < 0 ? fd : proc_reread_stat(fd, ret);
}

int proc_read_credentials(const struct proc *proc, struct proc_credentials *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = proc_read(proc, "status", PROC_FILE_MAX, &text);

	return r < 0 ? r : proc_parse_credentials(text.buf, ret);
}

int proc_read_environ(const struct proc *proc, char ***ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = proc_read(proc, "environ", PROC_FILE_MAX, &text);

	if (r < 0 && r != -EFBIG)
		return r;
	*ret = proc_parse_environ(text.buf, text.len);
	return 0;
}

static int read_of(pid_t pid, const char *name, char text[static SMALL_FILE_BYTES])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	return read_afresh(fd, text);
}

int proc_read_stat_of(pid_t pid, struct proc_stat *ret)
{
	char text[SMALL_FILE_BYTES];
	int r = read_of(pid, "stat", text);

	return r < 0 ? r : proc_parse_stat(text, ret);
}

uint64_t proc_rss_pages_of(pid_t pid)
{
	char text[SMALL_FILE_BYTES];
	uint64_t pages;

	return read_of(pid, "statm", text) < 0 || proc_parse_statm(text, &pages) < 0 ? 0 : pages;
}
