/* SPDX-License-Identifier: MIT */
#include "probe/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/rootless.h"

enum { ID_MAX_BYTES = 32 };

static const char *const places[] = { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" };

/* 0 and a descriptor where a tracefs is mounted and readable; -ENOENT where none is mounted. */
static int open_mounted(int *ret_fd)
{
	int result = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		_cleanup_close_ int fd = open(places[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (fd < 0 && errno != ENOENT)
			result = -errno;
		if (fd < 0)
			continue;
		if (faccessat(fd, "events", R_OK | X_OK, AT_EACCESS) == 0) {
			*ret_fd = TAKE_FD(fd);
			return 0;
		}
		if (errno != ENOENT)
			result = -errno;
	}
	return result;
}

/* glibc has wrappers from 2.36 on only. */
static int open_private(int *ret_fd)
{
	_cleanup_close_ int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);

	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;

	int fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

static int describe_absence(int mounted, int private, struct error *err)
{
	if (private == -ENODEV) {
		error_set(err, ERROR_MACHINE, ENODEV, "this kernel has no tracefs");
		error_hint(err,
			   "use a kernel built with CONFIG_FTRACE=y and CONFIG_FTRACE_SYSCALLS=y");
		return -ENODEV;
	}
	if (mounted != -ENOENT) {
		error_set(err, ERROR_MACHINE, -mounted, "tracefs is not readable for this user: %s",
			  strerror(-mounted));
		if (rootless_explain(err))
			return mounted;
		error_hint(
			err,
			"run madvisor under sudo: the program still runs as you; or let your group "
			"read kernel traces: sudo mount -o remount,mode=750,gid=$(id -g) "
			"/sys/kernel/tracing");
		return mounted;
	}
	error_set(err, ERROR_MACHINE, ENOENT,
		  "tracefs is not mounted, and mounting it privately failed: %s",
		  strerror(-private));
	if (rootless_explain(err))
		return -ENOENT;
	error_hint(err,
		   "sudo mount -t tracefs -o mode=750,gid=$(id -g) tracefs /sys/kernel/tracing");
	return -ENOENT;
}

int tracefs_open(bool *ret_private, struct error *err)
{
	int fd = -1;
	int mounted = open_mounted(&fd);
	int private = mounted < 0 ? open_private(&fd) : 0;

	if (ret_private)
		*ret_private = mounted < 0;
	return private < 0 ? describe_absence(mounted, private, err) : fd;
}

int tracefs_event_id(int tracefs_fd, const char *name, uint64_t *ret, struct error *err)
{
	_cleanup_free_ char *path = xasprintf("events/%s/id", name);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_close_ int fd = openat(tracefs_fd, path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : strbuf_read_fd(&text, fd, ID_MAX_BYTES);

	if (r == 0) {
		text.buf[strcspn(text.buf, "\n")] = '\0';
		r = parse_u64(text.buf, ret);
	}
	if (r == -ENOENT) {
		error_set(err, ERROR_MACHINE, ENOENT, "this kernel has no tracepoint %s", name);
		error_hint(err, "use a kernel built with CONFIG_FTRACE_SYSCALLS=y");
	} else if (r < 0) {
		error_set(err, ERROR_MACHINE, -r, "cannot read the id of tracepoint %s: %s", name,
			  strerror(-r));
		error_hint(err, "run madvisor under sudo: the program still runs as you");
	}
	return r;
}
