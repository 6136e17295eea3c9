/* SPDX-License-Identifier: MIT */
#include "probe/tracing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/rootfs.h"

/* Closes madvisor's descriptors: pipes must end when madvisor and the program close them. */
static void close_all_but(int fd)
{
	if (fd > 0)
		syscall(SYS_close_range, 0, fd - 1, 0);
	if (syscall(SYS_close_range, fd + 1, ~0U, 0) == 0)
		return;
	for (int other = 0; other < 1024; other++) /* before Linux 5.9 */
		if (other != fd)
			close(other);
}

/* Blocks all signals, to live as long as madvisor; its tracees die with it. */
static void settle(int ready_fd)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "madvisor-tracer");
	close_all_but(ready_fd);
}

/* A number from this process's status; 0 if missing. */
static uint64_t own_status(const char *key)
{
	uint64_t value;

	return rootfs_read_field_u64(&rootfs_real, "/proc/self/status", key, &value) < 0 ? 0
											 : value;
}

/* Why this user may not trace. */
static int explain_refusal(int code, struct error *err)
{
	uint64_t scope, tracer = own_status("TracerPid");

	/* Without Yama the file is missing, and tracing is not restricted. */
	if (rootfs_read_u64(&rootfs_real, "/proc/sys/kernel/yama/ptrace_scope", &scope) < 0)
		scope = 0;
	error_set(err, ERROR_MACHINE, code, "cannot trace a program: %s", strerror(code));
	if (tracer)
		error_hint(err, "madvisor is being traced itself: end the tracer (process %llu)",
			   (unsigned long long)tracer);
	else if (scope >= 3)
		error_hint(
			err,
			"set kernel.yama.ptrace_scope=1 in /etc/sysctl.d and reboot: 3 is final");
	else if (scope == 2)
		error_hint(err, "sudo sysctl kernel.yama.ptrace_scope=1");
	else if (own_status("Seccomp"))
		error_hint(err, "start the container with --cap-add SYS_PTRACE");
	else
		error_hint(err, "run madvisor as the user whom the program runs as");
	return -code;
}

__attribute__((noreturn)) static void be_tracer(void (*main_of)(void *context, int ready_fd),
						void *context, pid_t parent, int ready_fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	settle(ready_fd);
	main_of(context, ready_fd);
	_exit(1);
}

int tracing_start(struct tracing *tracing, void (*main_of)(void *context, int ready_fd),
		  void *context, struct error *err)
{
	pid_t parent = getpid();
	int ready[2], code = ECHILD;

	*tracing = (struct tracing)TRACING_INIT;
	if (pipe2(ready, O_CLOEXEC) < 0)
		return error_set(err, ERROR_MACHINE, errno, "cannot make a pipe: %s",
				 strerror(errno));
	_cleanup_close_ int answers = ready[0];
	tracing->pid = fork();
	if (tracing->pid == 0)
		be_tracer(main_of, context, parent, ready[1]);
	close(ready[1]);
	if (tracing->pid > 0)
		tracing->fd = pidfd_open(tracing->pid, 0);
	if (tracing->fd < 0) {
		code = errno;
		if (tracing->pid > 0 && kill(tracing->pid, SIGKILL) == 0)
			waitpid(tracing->pid, NULL, 0);
		return error_set(err, ERROR_MACHINE, code, "cannot start a tracer: %s",
				 strerror(code));
	}
	if (read(answers, &code, sizeof(code)) != (ssize_t)sizeof(code))
		code = ECHILD;
	return code ? explain_refusal(code, err) : 0;
}

static bool is_stopping(int signal_number)
{
	return signal_number == SIGSTOP || signal_number == SIGTSTP || signal_number == SIGTTIN ||
	       signal_number == SIGTTOU;
}

void tracing_resume(pid_t tid, int status)
{
	int event = status >> 16;

	/* Stopped by job control: leaves it so until SIGCONT. Or a new thread, or SIGCONT. */
	if (event == PTRACE_EVENT_STOP && is_stopping(WSTOPSIG(status)))
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
	else
		ptrace(PTRACE_CONT, tid, NULL, event ? 0L : (long)WSTOPSIG(status));
}

bool tracing_was_killed(const struct tracing *tracing)
{
	siginfo_t info = { 0 };

	return waitid(P_PIDFD, (id_t)tracing->fd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid && (info.si_code != CLD_EXITED || info.si_status);
}

void tracing_stop(struct tracing *tracing)
{
	if (tracing->fd < 0)
		return;
	pidfd_send_signal(tracing->fd, SIGKILL, NULL, 0);
	while (waitid(P_PIDFD, (id_t)tracing->fd, &(siginfo_t){ 0 }, WEXITED) < 0 && errno == EINTR)
		;
	close(tracing->fd);
	tracing->fd = -1;
}
