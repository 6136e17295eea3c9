/* SPDX-License-Identifier: MIT */
#include "run/side-command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/start.h"
#include "launch/interrupt.h"

enum { TIMEOUT_MS = 3600 * 1000, SAID_MAX = 200 };
/* Size limit of the standard error file. Memory is used only for bytes written. */
#define ERR_MAX_BYTES (64 << 20)

/*
 * A file for its standard error. With a pipe, background processes would die by SIGPIPE once its
 * reader is gone; the sealed size of the file limits its memory.
 */
static int open_err_file(void)
{
	int fd = memfd_create("madvisor-side-command", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, ERR_MAX_BYTES) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0) {
		int code = errno;

		close(fd);
		return -code;
	}
	return fd;
}

__attribute__((noreturn)) static void child_main(const char *text, const struct identity *identity,
						 int err_fd, pid_t parent)
{
	const char *const argv[] = { "sh", "-c", text, NULL };
	int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	setpgid(0, 0);
	start_reset_signals();
	if (null_fd < 0 || dup2(null_fd, 0) < 0 || dup2(null_fd, 1) < 0 || dup2(err_fd, 2) < 0 ||
	    identity_assume(identity) < 0)
		_exit(126);
	/* After the change of identity, which clears it; the parent may have died before. */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	if (getppid() != parent)
		_exit(126);
	execvpe(argv[0], (char *const *)argv, identity_environment(identity));
	_exit(127);
}

/* Waits until it has exited, or the user interrupts. Negative errno. */
static int watch(int pid_fd, bool *ret_interrupted)
{
	struct pollfd items[] = { { pid_fd, POLLIN, 0 },
				  { ret_interrupted ? interrupt_fd() : -1, POLLIN, 0 } };
	int ready;

	while ((ready = poll(items, 2, TIMEOUT_MS)) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	if (ret_interrupted)
		*ret_interrupted = items[1].revents != 0;
	return 0;
}

/* Waits for its exit, or kills it; reaps it; its exit status as a shell gives it. */
static int await(pid_t pid, bool *ret_interrupted, int *ret_status)
{
	_cleanup_close_ int pid_fd = pidfd_open(pid, 0);
	int status, r = pid_fd < 0 ? -errno : watch(pid_fd, ret_interrupted);

	if (r < 0 || (ret_interrupted && *ret_interrupted)) {
		kill(-pid, SIGKILL);
		kill(pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	*ret_status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return r;
}

static int fail(const char *option, const char *text, int code, struct error *err)
{
	error_set(err, ERROR_MACHINE, code, "cannot run %s '%s': %s", option, text,
		  code == ETIMEDOUT ? "it did not end within an hour" : strerror(code));
	if (code == EMFILE)
		error_hint(err, "let it have more open files: `ulimit -n`");
	return -code;
}

int side_command_run(const char *option, const char *text, const struct identity *identity,
		     bool *ret_interrupted, struct error *err)
{
	_cleanup_close_ int err_fd = open_err_file();
	char said[SAID_MAX + 1] = "";
	pid_t parent = getpid();
	int status = 0;

	if (err_fd < 0)
		return fail(option, text, -err_fd, err);
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return fail(option, text, errno, err);
	if (pid == 0)
		child_main(text, identity, err_fd, parent);
	setpgid(pid, pid);
	int r = await(pid, ret_interrupted, &status);
	if (r < 0)
		return fail(option, text, -r, err);
	if (status == 0 || (ret_interrupted && *ret_interrupted))
		return 0;
	error_set(err, ERROR_TARGET, ECHILD, "%s '%s' failed with exit status %d", option, text,
		  status);
	if (pread(err_fd, said, SAID_MAX, 0) < 0)
		*said = '\0';
	error_hint(err, "it said: %s", *said ? said : "nothing");
	return -ECHILD;
}
