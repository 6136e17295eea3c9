/* SPDX-License-Identifier: MIT */
#include "base/confined.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/spawn.h"
#include "base/trusted.h"
#include "base/units.h"
#include "base/xalloc.h"

static int say(void *argument, struct strbuf *answer, struct error *err)
{
	strbuf_addf(answer, "said %s", (const char *)argument);
	return 7;
}

static void test_answer(void **state)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	const struct confined confined = { 0 };
	char word[] = "so";

	assert_int_equal(confined_call(&confined, say, word, &answer, NULL), 7);
	assert_string_equal(answer.buf, "said so");
}

static int refuse(void *argument, struct strbuf *answer, struct error *err)
{
	error_set(err, ERROR_USAGE, ENOEXEC, "no \033[31mprogram");
	error_hint(err, "name one");
	return -ENOEXEC;
}

static void test_error(void **state)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	const struct confined confined = { 0 };

	assert_int_equal(confined_call(&confined, refuse, NULL, &answer, &err), -ENOEXEC);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_string_equal(err.message, "no \\x1b[31mprogram");
	assert_string_equal(err.hint, "name one");
}

static int crash(void *argument, struct strbuf *answer, struct error *err)
{
	raise(SIGKILL);
	return 0;
}

static int hang(void *argument, struct strbuf *answer, struct error *err)
{
	for (;;)
		pause();
	return 0;
}

/* Says all, and stays. */
static int linger(void *argument, struct strbuf *answer, struct error *err)
{
	for (int fd = 0; fd < 100; fd++)
		close(fd);
	for (;;)
		pause();
	return 0;
}

static int talk(void *argument, struct strbuf *answer, struct error *err)
{
	for (int i = 0; i < 100000; i++)
		strbuf_addstr(answer, "without end ");
	return 0;
}

static void expect_failure(confined_work work, int code, const char *message)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	const struct confined confined = { .timeout_ns = NS_PER_SEC / 5, .answer_max = 65536 };
	uint64_t start_ns = clock_now_ns(&clock_real);

	assert_int_equal(confined_call(&confined, work, NULL, &answer, &err), -code);
	assert_int_equal(err.kind, ERROR_MACHINE);
	assert_non_null(strstr(err.message, message));
	assert_true(clock_now_ns(&clock_real) - start_ns < 10 * NS_PER_SEC);
}

static void test_failures(void **state)
{
	expect_failure(crash, EIO, "crashed (signal 9");
	expect_failure(hang, ETIMEDOUT, "took longer than");
	expect_failure(linger, ETIMEDOUT, "took longer than");
	expect_failure(talk, EFBIG, "without end");
}

static void *thread_main(void *argument)
{
	*(bool *)argument = true;
	return NULL;
}

/* Lists what the child could do and should not. */
static int try_everything(void *argument, struct strbuf *answer, struct error *err)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	const int *kept = argument;
	bool started = false;
	pthread_t thread;

	pid_t pid = fork();
	if (pid == 0)
		_exit(0);
	if (pid >= 0)
		strbuf_addstr(answer, "fork ");
	if (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		strbuf_addstr(answer, "socket ");
	if (kill(getppid(), 0) == 0 || errno != EPERM)
		strbuf_addstr(answer, "kill ");
	if (syscall(SYS_ptrace, 0, 0, 0, 0) == 0 || errno != EPERM)
		strbuf_addstr(answer, "ptrace ");
	if (syscall(SYS_capget, &header, sets) < 0 || sets[0].permitted || sets[0].effective ||
	    sets[1].permitted)
		strbuf_addstr(answer, "capabilities ");
	if (fcntl(kept[0], F_GETFD) < 0)
		strbuf_addstr(answer, "lost ");
	if (fcntl(kept[1], F_GETFD) >= 0)
		strbuf_addstr(answer, "descriptor ");
	if (pthread_create(&thread, NULL, thread_main, &started) != 0 ||
	    pthread_join(thread, NULL) != 0 || !started)
		strbuf_addstr(answer, "no thread ");
	return 0;
}

static void test_confinement(void **state)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	_cleanup_close_ int kept = open("/dev/null", O_RDONLY), other = dup(kept);
	const int both[] = { kept, other };
	const struct confined confined = { .keep = &kept, .keep_count = 1 };

	assert_true(kept >= 0 && other >= 0);
	assert_int_equal(confined_call(&confined, try_everything, (void *)both, &answer, NULL), 0);
	assert_string_equal(answer.buf, "");
}

static int take_memory(void *argument, struct strbuf *answer, struct error *err)
{
	void *memory =
		mmap(NULL, 64 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return memory == MAP_FAILED ? -ENOMEM : 0;
}

static void test_memory(void **state)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	const struct confined enough = { .memory_bytes = 1ULL << 30 };
	const struct confined little = { .memory_bytes = 32 << 20 };

	assert_int_equal(confined_call(&enough, take_memory, NULL, &answer, NULL), 0);
#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__
	assert_int_equal(confined_call(&little, take_memory, NULL, &answer, NULL), -ENOMEM);
#endif
#endif
	(void)little;
}

static int ask(void *argument, struct strbuf *answer, struct error *err)
{
	char text[32] = "";

	assert_int_equal(confined_request("nothing", 7), -ENOENT);
	int fd = confined_request("file", 4);
	if (fd < 0)
		return fd;
	ssize_t n = read(fd, text, sizeof(text) - 1);
	strbuf_add(answer, text, n > 0 ? (size_t)n : 0);
	return 0;
}

static int serve(void *context, const void *request, size_t size)
{
	return size == 4 && !memcmp(request, "file", 4) ? open(context, O_RDONLY | O_CLOEXEC)
							: -ENOENT;
}

static void test_requests(void **state)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	char path[] = "/tmp/test-confined.XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	const struct confined confined = { .serve = serve, .context = path };

	assert_int_equal(write(fd, "passed on", 9), 9);
	assert_int_equal(confined_call(&confined, ask, NULL, &answer, NULL), 0);
	assert_string_equal(answer.buf, "passed on");
	unlink(path);
}

static int tell_user(void *argument, struct strbuf *answer, struct error *err)
{
	uid_t real, effective, saved;

	if (getresuid(&real, &effective, &saved) < 0 || setuid(0) == 0)
		return -EINVAL;
	strbuf_addf(answer, "%u %u %u %u %d", real, effective, saved, getegid(),
		    getgroups(0, NULL));
	return 0;
}

static void test_rights(void **state)
{
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	const struct confined confined = { .rights = &rights_nobody };

	if (geteuid() != 0)
		skip();
	assert_int_equal(confined_call(&confined, tell_user, NULL, &answer, NULL), 0);
	assert_string_equal(answer.buf, "65534 65534 65534 65534 0");
}

static void test_command(void **state)
{
	_cleanup_spawn_result_ struct spawn_result result = SPAWN_RESULT_INIT;
	_cleanup_spawn_result_ struct spawn_result missing = SPAWN_RESULT_INIT;
	const struct confined confined = { .rights = &rights_nobody };
	/* A shell without processes of its own: both words are built in. */
	const char *const argv[] = { "sh", "-c", "echo here; (echo child) 2>&1", NULL };
	const struct spawn spawn = { .argv = argv, .confined = &confined };
	const struct spawn nothing = { .argv = (const char *const[]){ "/nonexistent", NULL },
				       .confined = &confined };

	assert_int_equal(spawn_capture(&spawn, &result, NULL), 0);
	assert_non_null(strstr(result.out.buf, "here"));
	assert_null(strstr(result.out.buf, "child\n"));
	assert_int_equal(spawn_capture(&nothing, &missing, NULL), -ENOENT);
}

/* A folder of this process's user, with a file and links in it. */
static char *make_folder(void)
{
	char *folder = xstrdup("/tmp/test-trusted.XXXXXX");

	assert_non_null(mkdtemp(folder));
	_cleanup_free_ char *file = xasprintf("%s/file", folder);
	_cleanup_free_ char *link = xasprintf("%s/link", folder);
	_cleanup_free_ char *open_folder = xasprintf("%s/open", folder);
	_cleanup_close_ int fd = open(file, O_CREAT | O_WRONLY, 0644);
	assert_true(fd >= 0);
	assert_int_equal(symlink("open/../file", link), 0);
	assert_int_equal(mkdir(open_folder, 0755), 0);
	return folder;
}

static void expect_trust(const char *folder, const char *name, const char *refusal)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);
	_cleanup_strbuf_ struct strbuf why = STRBUF_INIT;

	assert_int_equal(trusted_path(path, getuid(), &why), refusal == NULL);
	if (refusal)
		assert_non_null(strstr(why.buf, refusal));
}

static void test_trusted(void **state)
{
	_cleanup_free_ char *folder = make_folder();
	_cleanup_free_ char *file = xasprintf("%s/file", folder);
	_cleanup_free_ char *link = xasprintf("%s/link", folder);
	_cleanup_free_ char *open_folder = xasprintf("%s/open", folder);

	expect_trust(folder, "file", NULL);
	expect_trust(folder, "link", NULL);
	expect_trust(folder, "none", "No such file");
	assert_int_equal(chmod(file, 0666), 0);
	expect_trust(folder, "file", "file can be written by everyone");
	expect_trust(folder, "link", "file can be written by everyone");
	assert_int_equal(chmod(file, 0644), 0);
	assert_int_equal(chmod(open_folder, 0777), 0);
	expect_trust(folder, "file", NULL);
	expect_trust(folder, "link", "open can be written by everyone");
	if (geteuid() == 0) {
		assert_int_equal(chown(file, 65534, 65534), 0);
		expect_trust(folder, "file", "file can be written by user ");
		assert_true(trusted_path(file, 65534, NULL));
		assert_int_equal(chown(file, 0, 65534), 0);
		assert_int_equal(chmod(file, 0664), 0);
		expect_trust(folder, "file", "file can be written by group ");
	}
	assert_int_equal(unlink(file) | unlink(link) | rmdir(open_folder) | rmdir(folder), 0);
}

/* What a process is told of its caller, by variables that it finds. */
static void expect_caller(const char *variables, uid_t uid, bool elevated)
{
	pid_t pid = fork();

	if (pid == 0) {
		_cleanup_free_ char *copy = xstrdup(variables);
		char *item, *rest = copy;

		clearenv();
		while ((item = strsep(&rest, " ")))
			if (*item)
				putenv(item);
		const struct caller *caller = caller_get();
		_exit(caller->rights.uid == uid && caller->elevated == elevated ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void test_caller(void **state)
{
	bool root = geteuid() == 0;

	expect_caller("", getuid(), false);
	expect_caller("SUDO_UID=65534 SUDO_GID=65534", root ? 65534 : getuid(), root);
	expect_caller("SUDO_UID=65534", getuid(), false);
	expect_caller("SUDO_UID=0 SUDO_GID=0", getuid(), false);
	expect_caller("SUDO_UID=-1 SUDO_GID=-1", getuid(), false);
	expect_caller("DOAS_USER=nobody", root ? 65534 : getuid(), root);
	expect_caller("DOAS_USER=root", getuid(), false);
	expect_caller("PKEXEC_UID=65534", root ? 65534 : getuid(), root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answer),   cmocka_unit_test(test_error),
		cmocka_unit_test(test_failures), cmocka_unit_test(test_confinement),
		cmocka_unit_test(test_memory),   cmocka_unit_test(test_requests),
		cmocka_unit_test(test_rights),   cmocka_unit_test(test_command),
		cmocka_unit_test(test_trusted),  cmocka_unit_test(test_caller),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
