/* SPDX-License-Identifier: MIT */
/*
 * Runs a program under a probe and prints what was measured: the smallest possible runner, for tests.
 *
 *   probe-run [-s] [-b BYTES] PROBE COMMAND [ARGUMENT...]
 *
 * Prints "probe NAME", "lost TEXT" where a rung is lost, "note TEXT" where the probe has one, "exit STATUS", and a line "metric value" for each
 * metric that was measured. -s: the program gets a sync descriptor, 4, and announces its phase on it.
 * -b: first takes this much memory itself, which the program's peak must not show.
 * Exit status: 0; of the error kind where the probe does not work.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "probe/probe.h"

enum { SYNC_FD = 4 };

struct runner {
	const struct probe *probe;
	struct probe_session *session;
	int gate[2];
	int sync[2]; /* -1 without a phase */
	pid_t pid;
};

static _Noreturn void fail(const struct error *error)
{
	fprintf(stderr, "error: %s\n", error->message);
	if (error->hint)
		fprintf(stderr, "hint: %s\n", error->hint);
	exit(error->kind);
}

static _Noreturn void run_child(const struct runner *runner, char **argv)
{
	char byte;

	close(runner->gate[1]);
	if (runner->sync[1] >= 0 && dup2(runner->sync[1], SYNC_FD) < 0)
		_exit(125);
	if (probe_prepare_child(runner->probe) < 0 || read(runner->gate[0], &byte, 1) != 1)
		_exit(125);
	execvp(argv[0], argv);
	_exit(errno == ENOENT ? 127 : 126);
}

static void start(struct runner *runner, bool phased, char **argv)
{
	_cleanup_error_ struct error error = ERROR_INIT;

	runner->sync[0] = runner->sync[1] = -1;
	if (pipe2(runner->gate, O_CLOEXEC) < 0 ||
	    (phased && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, runner->sync) < 0))
		err(1, "pipe");
	runner->pid = fork();
	if (runner->pid < 0)
		err(1, "fork");
	if (runner->pid == 0)
		run_child(runner, argv);
	close(runner->gate[0]);
	if (phased)
		close(runner->sync[1]);
	if (probe_open(runner->probe, runner->pid, phased ? PROBE_AT_ENABLE : PROBE_AT_EXEC,
		       &runner->session, &error) < 0)
		fail(&error);
	if (write(runner->gate[1], "", 1) != 1)
		err(1, "gate");
}

static void handle_sync(struct runner *runner)
{
	char text[2];

	if (read(runner->sync[0], text, sizeof(text)) != 2) {
		close(TAKE_FD(runner->sync[0]));
		return;
	}
	if (text[0] == 'B')
		probe_enable(runner->session);
	else
		probe_disable(runner->session);
	if (write(runner->sync[0], "", 1) != 1)
		err(1, "sync");
}

static void supervise(struct runner *runner)
{
	_cleanup_close_ int pid_fd = (int)syscall(SYS_pidfd_open, runner->pid, 0);
	uint64_t next_ns = 0;

	for (;;) {
		struct pollfd fds[] = { { pid_fd, POLLIN, 0 }, { runner->sync[0], POLLIN, 0 } };
		uint64_t now_ns = clock_now_ns(&clock_real);

		if (now_ns >= next_ns) {
			probe_sample(runner->session);
			next_ns = now_ns + probe_sample_period_ns(runner->session);
		}
		if (poll(fds, 2, 1) <= 0)
			continue;
		if (fds[1].revents)
			handle_sync(runner);
		if (fds[0].revents)
			return;
	}
}

static void print(const struct metrics *metrics)
{
	for (int id = 0; id < METRIC_COUNT; id++)
		if (metrics_has(metrics, (enum metric_id)id))
			printf("%s %.0f\n", metric_info((enum metric_id)id)->key,
			       metrics->value[id]);
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error error = ERROR_INIT;
	_cleanup_free_ char *lost = NULL, *ballast = NULL, *note = NULL;
	struct runner runner = { .pid = -1 };
	uint64_t ballast_bytes = 0, started_ns, wall_ns;
	struct metrics metrics;
	struct rusage usage;
	bool phased = false;
	int option, status;

	while ((option = getopt(argc, argv, "+sb:")) != -1) {
		if (option == 's')
			phased = true;
		else if (option != 'b' || parse_size(optarg, &ballast_bytes) < 0)
			return 2;
	}
	if (argc - optind < 2)
		errx(2, "usage: probe-run [-s] [-b BYTES] PROBE COMMAND [ARGUMENT...]");
	if (probe_select(argv[optind], &runner.probe, &lost, &error) < 0)
		fail(&error);
	if (ballast_bytes) {
		ballast = xmalloc(ballast_bytes);
		memset(ballast, 1, ballast_bytes);
		__asm__ volatile("" : : "r"(ballast) : "memory"); /* keep the writes */
	}
	start(&runner, phased, argv + optind + 1);
	started_ns = clock_now_ns(&clock_real);
	supervise(&runner);
	wall_ns = clock_now_ns(&clock_real) - started_ns;
	probe_sample(runner.session);
	if (wait4(runner.pid, &status, 0, &usage) != runner.pid)
		err(1, "wait4");
	probe_finish(runner.session, &usage, &metrics);
	note = probe_note(runner.session);
	probe_close(runner.session);
	metrics.value[METRIC_WALL_NS] = (double)wall_ns;
	printf("probe %s\n", runner.probe->name);
	if (lost)
		printf("lost %s\n", lost);
	if (note)
		printf("note %s\n", note);
	printf("exit %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
	print(&metrics);
	return 0;
}
