/* SPDX-License-Identifier: MIT */
/*
 * proc/proc: one process, held by a handle, and what /proc says of it.
 *
 * The handle is the directory /proc/PID itself. Files opened through it belong to that very
 * process: once it is gone everything fails with -ESRCH, also where a later process has its number.
 * exec keeps the process, and so the handle.
 *
 * One file that is read once needs no handle: proc_read_stat_of() and the like.
 */
#ifndef MADVISOR_PROC_PROC_H
#define MADVISOR_PROC_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/rootfs.h"
#include "base/strbuf.h"
#include "proc/parse.h"

/* Of a file other than a map. An environment can be as large as a quarter of the stack's limit. */
#define PROC_FILE_MAX ((size_t)16 << 20)

struct proc {
	pid_t pid;
	int dir;          /* of /proc/PID; -1: none */
	uint64_t started; /* in ticks since boot */
};

#define PROC_INIT         \
	{                 \
		.dir = -1 \
	}
#define _cleanup_proc_ __attribute__((cleanup(proc_close)))

/*
 * Takes hold of a process, or of a thread by its number. fs is where its /proc is: rootfs_real, or
 * a recording. -ESRCH: no such process. Other failures: those of open(2).
 */
int proc_open(const struct rootfs *fs, pid_t pid, struct proc *ret)
	__attribute__((nonnull, warn_unused_result));
/* Takes NULL, and one that holds nothing. */
void proc_close(struct proc *proc);

/*
 * A descriptor of a file of the process; flags beside O_CLOEXEC, O_NOCTTY and O_NONBLOCK, such as
 * O_PATH. -ESRCH: the process is gone. Others: those of open(2); -ENOENT for "exe" of a zombie or a
 * kernel thread.
 */
int proc_open_file(const struct proc *proc, const char *name, int flags)
	__attribute__((nonnull, warn_unused_result));
/* Appends a file. -EFBIG keeps the first max bytes. -ESRCH, or those of open(2) and read(2). */
int proc_read(const struct proc *proc, const char *name, size_t max, struct strbuf *ret)
	__attribute__((nonnull, warn_unused_result));
/* Where "exe" leads: a text that the process chose. Caller frees. */
int proc_read_link(const struct proc *proc, const char *name, char **ret)
	__attribute__((nonnull, warn_unused_result));
/* stat(2) of what a link such as "exe" leads to. */
int proc_stat_link(const struct proc *proc, const char *name, struct stat *ret)
	__attribute__((nonnull, warn_unused_result));

/*
 * A place (O_PATH) below the root of the process, as it names it itself: symbolic links, absolute ones
 * and "..", cannot lead out of that root. Needs Linux 5.6 (openat2(2)); -ENOSYS before.
 */
int proc_open_in_root(const struct proc *proc, const char *path)
	__attribute__((nonnull, warn_unused_result));
/*
 * The place of the very file that is mapped there, even if another has its name now. Needs
 * CAP_CHECKPOINT_RESTORE: else -EPERM.
 */
int proc_open_mapped(const struct proc *proc, uint64_t start, uint64_t end)
	__attribute__((nonnull, warn_unused_result));
/* Opens the regular file at a place to read it; any other kind, a FIFO or a device, is -ENOEXEC. */
int proc_open_regular(int place) __attribute__((warn_unused_result));

/* Whether what a link leads to has an extended attribute, such as "security.capability". */
bool proc_link_has_attribute(const struct proc *proc, const char *name, const char *attribute)
	__attribute__((nonnull));

/* Parsed files; the parsers' errors too. */
int proc_read_stat(const struct proc *proc, struct proc_stat *ret)
	__attribute__((nonnull, warn_unused_result));
int proc_read_credentials(const struct proc *proc, struct proc_credentials *ret)
	__attribute__((nonnull, warn_unused_result));
/* To be freed with strv_free(). */
int proc_read_environ(const struct proc *proc, char ***ret)
	__attribute__((nonnull, warn_unused_result));

/* Without a handle. -ESRCH: no such process. */
int proc_read_stat_of(pid_t pid, struct proc_stat *ret)
	__attribute__((nonnull, warn_unused_result));
/* Resident pages; 0 where it is gone. */
uint64_t proc_rss_pages_of(pid_t pid);

/* Read an open "stat" or "status" afresh, as often as wanted. */
int proc_reread_stat(int fd, struct proc_stat *ret) __attribute__((nonnull, warn_unused_result));
int proc_reread_status(int fd, struct proc_status *ret)
	__attribute__((nonnull, warn_unused_result));

#endif
