/* SPDX-License-Identifier: MIT */
/*
 * proc/parse: the files of /proc/PID as values. Pure: each takes a text, so that tests and fuzzers
 * use recordings. The texts may be hostile: a process chooses its name, its environment and, by
 * what it maps and where it lives, much of the rest.
 *
 * Sources: proc(5), cgroups(7), getauxval(3), Documentation/filesystems/proc.rst. The map of a
 * process is in proc/maps.
 */
#ifndef MADVISOR_PROC_PARSE_H
#define MADVISOR_PROC_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* More groups than this are not kept. */
#define PROC_GROUPS_MAX 64

/* /proc/PID/stat. Counts are of all threads of the process, those that ended included. */
struct proc_stat {
	pid_t pid, parent, group;
	char name[16];          /* what it calls itself, cut to this */
	char state;             /* 'R', 'S', 'Z', ... */
	bool ended;             /* a zombie, or dead: some of the other fields are lost */
	bool forked_not_execed; /* PF_FORKNOEXEC, 0x40 in include/linux/sched.h */
	bool of_kernel;         /* one of the kernel's own threads, which has no program */
	uint64_t minor_faults, major_faults;
	uint64_t children_minor_faults, children_major_faults; /* of those it waited for */
	uint64_t user_ticks, sys_ticks;                        /* sysconf(_SC_CLK_TCK) a second */
	uint64_t children_user_ticks, children_sys_ticks;
	uint64_t threads;
	uint64_t started; /* in ticks since boot: identifies the process together with the pid */
	uint64_t rss_pages;
	uint64_t stack_start; /* another one by exec, not by fork; 0: may not be known */
	uint64_t heap_start;  /* where brk begins; 0: may not be known */
};

/* /proc/PID/status: memory and switches. */
struct proc_status {
	uint64_t rss_bytes;
	uint64_t peak_bytes;       /* VmHWM, since exec */
	uint64_t context_switches; /* of the main thread alone */
};

/* /proc/PID/status: who it is. */
struct proc_credentials {
	pid_t process; /* of a thread: the process that it is of */
	uid_t real_uid, effective_uid;
	gid_t real_gid, effective_gid;
	gid_t groups[PROC_GROUPS_MAX];
	size_t group_count;
	uint64_t capabilities; /* effective ones */
};

/* 0, or -EINVAL for a malformed text. */
int proc_parse_stat(const char *text, struct proc_stat *ret)
	__attribute__((nonnull, warn_unused_result));
/* The resident pages of /proc/PID/statm. -EINVAL. */
int proc_parse_statm(const char *text, uint64_t *ret_rss_pages)
	__attribute__((nonnull, warn_unused_result));
/* 0, -EINVAL, or -ENODATA for a process without memory of its own: a zombie, a kernel thread. */
int proc_parse_status(const char *text, struct proc_status *ret)
	__attribute__((nonnull, warn_unused_result));
/* 0 or -EINVAL. */
int proc_parse_credentials(const char *text, struct proc_credentials *ret)
	__attribute__((nonnull, warn_unused_result));

/*
 * The "NAME=value" entries of /proc/PID/environ, which NULs part; NULL-terminated, to be freed with
 * strv_free(). Entries without '=' are left out; a GLIBC_TUNABLES that its reader took apart is whole again.
 */
char **proc_parse_environ(const char *text, size_t len)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * Whether the process wrote over its environment, as programs do that show a title in ps(1) or
 * clear a password: /proc/PID/environ shows that memory as it is now. execve(2) puts the entries
 * there without gaps, so a gap, or a beginning that is no "NAME=", tells.
 */
bool proc_environ_is_overwritten(const char *text, size_t len) __attribute__((nonnull, pure));

/*
 * The value of an entry of /proc/PID/auxv, whose words are as wide as those of the program: 4 or 8
 * bytes. False if missing.
 */
bool proc_parse_auxv(const char *bytes, size_t len, size_t word_bytes, uint64_t type, uint64_t *ret)
	__attribute__((nonnull));

#endif
