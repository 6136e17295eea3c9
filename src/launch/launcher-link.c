/* SPDX-License-Identifier: MIT */
#include "launch/launcher-link.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/selfdir.h"
#include "launch/offspring.h"

/* For the launcher's first word; it takes less than a millisecond on an idle machine. */
enum { HELLO_MS = 20 * 1000 };

#define HINT_INSTALL "install madvisor and madvisor-launcher together, or build both with `make`"

static int fail_pipe(int r, struct error *err)
{
	error_set(err, ERROR_MACHINE, -r, "cannot make a pipe: %s", strerror(-r));
	if (r == -EMFILE)
		error_hint(err, "let it have more open files: `ulimit -n`");
	return r;
}

/* The path of madvisor-launcher, found once; NULL: it is missing. */
static const char *find_launcher(void)
{
	static char *path;

	if (!path)
		path = self_companion("madvisor-launcher", X_OK);
	return path;
}

static int fail_launcher(int code, struct error *err)
{
	error_set(err, ERROR_MACHINE, code, "cannot run %s: %s", find_launcher(), strerror(code));
	error_hint(err, code == EACCES ? "the user whom the program runs as must be able to "
					 "execute it, and search its folders"
				       : HINT_INSTALL);
	return -code;
}

int launcher_fail_exec(const struct launch *launch, int code, struct error *err)
{
	if (code < 0)
		return fail_launcher(-code, err);
	error_set(err, ERROR_TARGET, code, "cannot run %s: %s", launch->argv[0], strerror(code));
	if (code == ENOENT)
		error_hint(err, "check its name, and that its interpreter exists");
	else if (code == EACCES)
		error_hint(err, "check that it is executable for the user it runs as");
	else if (code == ENOEXEC)
		error_hint(err, "check that it is a program for this machine");
	else if (code == EMFILE)
		error_hint(err, "let it have more open files: `ulimit -n`");
	return -code;
}

int launcher_hear(const struct wires *wires, enum launcher_word_kind kind,
		  struct launcher_word *ret)
{
	ssize_t n;

	while ((n = read(wires->talk[0], ret, sizeof(*ret))) < 0 && errno == EINTR)
		;
	return n == sizeof(*ret) && ret->kind == kind ? 0 : -ECHILD;
}

static bool say(const struct wires *wires, char byte)
{
	return send(wires->talk[0], &byte, 1, MSG_NOSIGNAL) == 1;
}

/* The launcher or the program has died: its errno is in the pipe, or nothing ever will be. */
static int fail_early(const struct wires *wires, const struct launch *launch, struct error *err)
{
	int code;

	if (read(wires->failed[0], &code, sizeof(code)) == sizeof(code))
		return launcher_fail_exec(launch, code, err);
	return error_set(err, ERROR_TARGET, ECHILD, "%s died before it started", launch->argv[0]);
}

static int fail_version(const char *version, int64_t protocol, struct error *err)
{
	int r;

	if (version)
		r = error_set(err, ERROR_MACHINE, EPROTO,
			      "%s is of version %s, protocol %lld, and this madvisor of version "
			      "%s, protocol %d",
			      find_launcher(), version, (long long)protocol, MADVISOR_VERSION,
			      LAUNCHER_PROTOCOL);
	else
		r = error_set(
			err, ERROR_MACHINE, EPROTO,
			"%s is of another version than this madvisor, which is %s, protocol %d",
			find_launcher(), MADVISOR_VERSION, LAUNCHER_PROTOCOL);
	error_hint(err, HINT_INSTALL);
	return r;
}

static bool is_of_this_version(const struct launcher_hello *hello)
{
	return hello->protocol == LAUNCHER_PROTOCOL && !strcmp(hello->version, MADVISOR_VERSION);
}

/* Waits for the first message; -ETIMEDOUT. Its length; 0 if the launcher has died. */
static ssize_t receive_hello(const struct wires *wires, struct launcher_hello *ret)
{
	struct pollfd talk = { wires->talk[0], POLLIN, 0 };
	ssize_t n;
	int ready;

	while ((ready = poll(&talk, 1, HELLO_MS)) < 0 && errno == EINTR)
		;
	if (ready <= 0)
		return ready < 0 ? -errno : -ETIMEDOUT;
	while ((n = read(wires->talk[0], ret, sizeof(*ret))) < 0 && errno == EINTR)
		;
	return n < 0 ? 0 : n;
}

/* *ret_heard: whether the launcher said anything; if it did not, the reason is in wires.failed. */
static int read_hello(const struct wires *wires, pid_t *ret_program, bool *ret_heard,
		      struct error *err)
{
	struct launcher_hello hello = { 0 };
	ssize_t n = receive_hello(wires, &hello);

	*ret_heard = n != 0;
	if (n == 0)
		return -ECHILD;
	if (n < 0) {
		int r = error_set(err, ERROR_MACHINE, ETIMEDOUT, "%s says nothing in %d s",
				  find_launcher(), HELLO_MS / 1000);
		error_hint(err, HINT_INSTALL);
		return r;
	}
	if (n < (ssize_t)offsetof(struct launcher_hello, program) || hello.magic != LAUNCHER_MAGIC)
		return fail_version(NULL, 0, err);
	hello.version[sizeof(hello.version) - 1] = '\0';
	if (n != sizeof(hello) || !is_of_this_version(&hello))
		return fail_version(hello.version, hello.protocol, err);
	*ret_program = (pid_t)hello.program;
	return 0;
}

/* It has died without a word: by a failure that is in wires.failed, or because it is no launcher. */
static int fail_silent(const struct wires *wires, const struct launch *launch, struct error *err)
{
	struct pollfd failed = { wires->failed[0], POLLIN, 0 };
	int code;

	if (poll(&failed, 1, HELLO_MS) > 0 && read(failed.fd, &code, sizeof(code)) == sizeof(code))
		return launcher_fail_exec(launch, code, err);
	int r = error_set(err, ERROR_MACHINE, ECHILD,
			  "%s ended before it started the program: it may be of another version "
			  "than this madvisor, which is %s",
			  find_launcher(), MADVISOR_VERSION);
	error_hint(err, HINT_INSTALL);
	return r;
}

int launcher_start(struct wires *wires, const struct launch *launch, pid_t *ret_launcher,
		   pid_t *ret_program, struct error *err)
{
	const char *launcher = find_launcher();
	pid_t parent = getpid();
	bool heard;
	int r = wires_open(wires, launch);

	*ret_launcher = *ret_program = -1;
	if (r < 0)
		return fail_pipe(r, err);
	if (!launcher) {
		error_set(err, ERROR_MACHINE, ENOENT, "madvisor-launcher is missing");
		error_hint(err, "build it with `make`");
		return -ENOENT;
	}
	*ret_launcher = fork();
	if (*ret_launcher < 0) {
		error_set(err, ERROR_MACHINE, errno, "cannot fork: %s", strerror(errno));
		error_hint(err, "see `ulimit -u` and the pids limit of the cgroup");
		return -EAGAIN;
	}
	if (*ret_launcher == 0)
		child_main(launch, wires, launcher, parent);
	offspring_own(*ret_launcher);
	wires_close_childs(wires);
	r = read_hello(wires, ret_program, &heard, err);
	return heard ? r : fail_silent(wires, launch, err);
}

int launcher_open_gate(const struct wires *wires, const struct launch *launch, struct error *err)
{
	return say(wires, LAUNCHER_GO) ? 0 : fail_early(wires, launch, err);
}

int launcher_check_exec(const struct wires *wires, const struct launch *launch, struct error *err)
{
	int code;

	if (read(wires->failed[0], &code, sizeof(code)) != sizeof(code))
		return 0;
	return launcher_fail_exec(launch, code, err);
}

static int fail_wait(const struct launch *launch, struct error *err)
{
	error_set(err, ERROR_MACHINE, ECHILD, "cannot learn how %s ended: its launcher was killed",
		  launch->argv[0]);
	error_hint(err, "run it again; `dmesg` says whether the kernel was out of memory");
	return -ECHILD;
}

/* struct rusage of the C library is the kernel's, with other names of the types. */
static void take_usage(const struct launcher_word *word, struct rusage *ret)
{
	_Static_assert(sizeof(word->usage) == sizeof(*ret), "rusage is 18 words");
	memcpy(ret, word->usage, sizeof(*ret));
}

int launcher_reap(const struct wires *wires, const struct launch *launch, pid_t *launcher,
		  int *ret_status, struct rusage *ret_usage, struct error *err)
{
	struct launcher_word word;
	bool told = say(wires, LAUNCHER_REAP) && launcher_hear(wires, LAUNCHER_USAGE, &word) == 0 &&
		    word.value >= 0;

	if (!told)
		kill(*launcher, SIGKILL);
	while (waitpid(*launcher, NULL, 0) < 0 && errno == EINTR)
		;
	offspring_disown(*launcher);
	*launcher = -1;
	if (!told)
		return fail_wait(launch, err);
	*ret_status = (int)word.value;
	take_usage(&word, ret_usage);
	return 0;
}
