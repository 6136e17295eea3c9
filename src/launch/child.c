/* SPDX-License-Identifier: MIT */
#include "launch/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/start.h"
#include "probe/probe.h"

static void close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++)
		if (pair[i] >= 0)
			close(TAKE_FD(pair[i]));
}

void wires_close(struct wires *wires)
{
	close_pair(wires->talk);
	close_pair(wires->failed);
	close_pair(wires->out);
	close_pair(wires->err);
	close_pair(wires->report);
	close_pair(wires->sync);
}

void wires_close_childs(struct wires *wires)
{
	int *const ends[] = { &wires->talk[1], &wires->failed[1], &wires->out[1],
			      &wires->err[1],  &wires->report[1], &wires->sync[1] };

	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (*ends[i] >= 0)
			close(TAKE_FD(*ends[i]));
}

/* A pipe as large as the kernel allows, so that writers rarely block. */
static int open_wide_pipe(int pair[2])
{
	if (pipe2(pair, O_CLOEXEC) < 0)
		return -1;
	/* Beyond /proc/sys/fs/pipe-max-size or the user's share it stays as it is: pipe(7). */
	(void)fcntl(pair[0], F_SETPIPE_SZ, WIRES_PIPE_BYTES);
	return 0;
}

int wires_open(struct wires *wires, const struct launch *launch)
{
	memset(wires, -1, sizeof(*wires));
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, wires->talk) < 0 ||
	    pipe2(wires->failed, O_CLOEXEC) < 0)
		return -errno;
	if (launch->output != LAUNCH_INHERIT && pipe2(wires->err, O_CLOEXEC) < 0)
		return -errno;
	if (launch->output == LAUNCH_CAPTURE && open_wide_pipe(wires->out) < 0)
		return -errno;
	if (launch->cooperating &&
	    (pipe2(wires->report, O_CLOEXEC) < 0 ||
	     socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wires->sync) < 0))
		return -errno;
	return 0;
}

/*
 * Moves a descriptor above the fixed numbers, so that none is overwritten before it is placed; one that
 * is not open is given as -1 and stays so. Negative errno.
 */
static int lift(int fd, int *ret)
{
	*ret = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, LAUNCH_SYNC_FD + 1);
	return fd >= 0 && *ret < 0 ? -errno : 0;
}

/* Puts a lifted descriptor at its number in the child, open across exec. -1: leaves it as it is. */
static int place(int fd, int number)
{
	return fd >= 0 && dup2(fd, number) < 0 ? -errno : 0;
}

static int open_input(const struct launch *launch)
{
	int fd = open(launch->input ? launch->input : "/dev/null", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The child's descriptors 0 to 4. */
static int place_descriptors(const struct launch *launch, const struct wires *wires)
{
	int input = open_input(launch);
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	bool inherit = launch->output == LAUNCH_INHERIT;
	int out = inherit ? -1 : launch->output == LAUNCH_CAPTURE ? wires->out[1] : null_fd;

	if (input < 0 || null_fd < 0)
		return input < 0 ? input : -errno;
	const int sources[] = { input, out, wires->err[1], wires->report[1], wires->sync[1] };
	static const int numbers[] = { 0, 1, 2, LAUNCH_REPORT_FD, LAUNCH_SYNC_FD };
	int lifted[ARRAY_SIZE(sources)], r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sources); i++)
		r = lift(sources[i], &lifted[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sources); i++)
		r = place(lifted[i], numbers[i]);
	return r;
}

static int prepare_child(const struct launch *launch, const struct wires *wires, pid_t parent)
{
	setpgid(0, 0);
	start_reset_signals();
	if (launch->cpus && sched_setaffinity(0, sizeof(*launch->cpus), launch->cpus) < 0)
		return -errno;
	int r = place_descriptors(launch, wires);
	if (r == 0)
		r = identity_assume(launch->identity);
	if (r < 0)
		return r;
	/* After the change of identity, which clears it; the parent may have died before. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		return -ESRCH;
	return probe_prepare_child(launch->probe);
}

/* Becomes the launcher, which keeps these two descriptors. Returns an errno. */
static int exec_launcher(const struct launch *launch, const char *launcher, int talk_fd,
			 int failed_fd)
{
	char talk[16], failed[16];
	const char **argv = NULL;
	size_t count = 0, alloc = 0;

	snprintf(talk, sizeof(talk), "%d", talk_fd);
	snprintf(failed, sizeof(failed), "%d", failed_fd);
	const char *const first[] = { launcher, talk, failed, launch->argv[0] };
	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		*ARRAY_PUSH(argv, count, alloc) = first[i];
	for (size_t i = 0; launch->argv[i]; i++)
		*ARRAY_PUSH(argv, count, alloc) = launch->argv[i];
	*ARRAY_PUSH(argv, count, alloc) = NULL;
	fcntl(talk_fd, F_SETFD, 0);
	fcntl(failed_fd, F_SETFD, 0);
	execve(launcher, (char *const *)argv, launch->env);
	return errno;
}

void child_main(const struct launch *launch, struct wires *wires, const char *launcher,
		pid_t parent)
{
	/* The parent's end: with it closed, the death of the parent is an end of file. */
	close(wires->talk[0]);
	int failed_fd, talk_fd, code = -lift(wires->failed[1], &failed_fd);

	if (code)
		failed_fd = wires->failed[1];
	else
		code = -lift(wires->talk[1], &talk_fd);
	if (!code)
		code = -prepare_child(launch, wires, parent);
	if (!code)
		code = -exec_launcher(launch, launcher, talk_fd, failed_fd);
	if (write(failed_fd, &code, sizeof(code)) < 0) {
		/* The reader is gone. */
	}
	_exit(126);
}
