/* SPDX-License-Identifier: MIT */
/* A handle of a process: it reads that very process, and says so when it is gone. */
#include "proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "proc/table.h"

static void a_process_is_read(void **state)
{
	_cleanup_proc_ struct proc proc;
	_cleanup_free_ char *program = NULL;
	struct proc_credentials who;
	struct proc_status status;
	struct proc_stat stat;
	char **environment;

	assert_int_equal(proc_open(&rootfs_real, getpid(), &proc), 0);
	assert_int_equal(proc_read_stat(&proc, &stat), 0);
	assert_int_equal(stat.pid, getpid());
	assert_int_equal(stat.parent, getppid());
	assert_int_equal(stat.started, proc.started);
	assert_false(stat.forked_not_execed);
	assert_int_equal(proc_read_credentials(&proc, &who), 0);
	assert_int_equal(who.process, getpid());
	assert_int_equal(who.effective_uid, geteuid());
	assert_int_equal(proc_read_link(&proc, "exe", &program), 0);
	assert_non_null(strstr(program, "test-proc"));
	assert_int_equal(proc_read_environ(&proc, &environment), 0);
	assert_non_null(environment[0]);
	strv_free(environment);
	assert_int_equal(proc_open_file(&proc, "no-such-file", O_RDONLY), -ENOENT);

	_cleanup_close_ int stat_fd = proc_open_file(&proc, "stat", O_RDONLY);
	_cleanup_close_ int status_fd = proc_open_file(&proc, "status", O_RDONLY);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(proc_reread_stat(stat_fd, &stat), 0);
		assert_int_equal(proc_reread_status(status_fd, &status), 0);
		assert_true(stat.minor_faults > 0);
		assert_true(status.rss_bytes > 0 && status.peak_bytes >= status.rss_bytes);
	}
}

static pid_t start_waiting(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		pause();
		_exit(0);
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void a_process_that_is_gone_is_no_other(void **state)
{
	_cleanup_proc_ struct proc proc;
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *program = NULL;
	struct proc_stat stat;
	struct stat st;
	pid_t pid = start_waiting();

	assert_int_equal(proc_open(&rootfs_real, pid, &proc), 0);
	end(pid);
	assert_int_equal(proc_read_stat(&proc, &stat), -ESRCH);
	assert_int_equal(proc_read(&proc, "maps", PROC_FILE_MAX, &text), -ESRCH);
	assert_int_equal(proc_open_file(&proc, "exe", O_RDONLY), -ESRCH);
	assert_int_equal(proc_read_link(&proc, "exe", &program), -ESRCH);
	assert_int_equal(proc_stat_link(&proc, "exe", &st), -ESRCH);
	assert_int_equal(proc_read_stat_of(pid, &stat), -ESRCH);
	assert_int_equal(proc_rss_pages_of(pid), 0);
	proc_close(&proc);
	assert_int_equal(proc_open(&rootfs_real, pid, &proc), -ESRCH);
	assert_int_equal(proc_open(&rootfs_real, 0, &proc), -ESRCH);
	assert_int_equal(proc_open(&rootfs_real, -1, &proc), -ESRCH);
}

/* The kernel is asked for that very number again, which needs CAP_CHECKPOINT_RESTORE. */
static bool take_number(pid_t pid)
{
	_cleanup_fclose_ FILE *last = fopen("/proc/sys/kernel/ns_last_pid", "w");

	return last && fprintf(last, "%d", (int)pid - 1) > 0 && fflush(last) == 0;
}

static void a_number_that_is_used_again_is_noticed(void **state)
{
	_cleanup_proc_ struct proc proc;
	struct proc_stat stat;
	pid_t pid = start_waiting(), again = 0;

	assert_int_equal(proc_open(&rootfs_real, pid, &proc), 0);
	end(pid);
	/* Others start processes too. */
	for (int i = 0; i < 100 && again != pid; i++) {
		if (again)
			end(again);
		if (!take_number(pid))
			skip();
		again = start_waiting();
	}
	if (again != pid) {
		end(again);
		skip();
	}
	int by_number = proc_read_stat_of(pid, &stat);
	int by_handle = proc_read_stat(&proc, &stat);
	end(again);
	assert_int_equal(by_number, 0);
	assert_int_equal(by_handle, -ESRCH);
}

static void write_file(const char *folder, const char *name, const char *text)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", folder, name);
	_cleanup_fclose_ FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
}

static void a_recording_is_read(void **state)
{
	char root[] = "/tmp/test-proc-XXXXXX";
	assert_non_null(mkdtemp(root));
	const struct rootfs fs = { root };
	_cleanup_free_ char *proc_folder = xasprintf("%s/proc", root);
	_cleanup_free_ char *folder = xasprintf("%s/proc/77", root);
	_cleanup_proc_table_ struct proc_table table = { 0 };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_proc_ struct proc proc;

	assert_int_equal(mkdir(proc_folder, 0700), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(proc_open(&fs, 77, &proc), -ESRCH);
	write_file(folder, "stat",
		   "77 (x) S 1 1 1 0 -1 0 1 1 1 1 1 1 1 1 20 0 1 0 4711 1 1 1 1 1 9");
	write_file(folder, "cgroup", "0::/x\n");
	assert_int_equal(proc_open(&fs, 77, &proc), 0);
	assert_int_equal(proc.started, 4711);
	assert_int_equal(proc_read(&proc, "cgroup", 3, &text), -EFBIG);
	assert_string_equal(text.buf, "0::");
	assert_int_equal(proc_table_read(&fs, &table), 0);
	assert_int_equal(table.count, 1);
	assert_int_equal(table.items[0].stack_start, 9);

	_cleanup_free_ char *remove = xasprintf("rm -r %s", root);
	assert_int_equal(system(remove), 0);
	assert_int_equal(proc_table_read(&fs, &table), -ENOENT);
	assert_int_equal(table.count, 0);
}

/* A process in a root of its own names its files as it sees them; links of its making lead nowhere else. */
static void a_root_is_not_left(void **state)
{
	char root[] = "/tmp/test-proc-XXXXXX", text[16] = "";
	int ready[2];

	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(root));
	_cleanup_free_ char *link = xasprintf("%s/link", root);
	write_file(root, "inside", "inside");
	assert_int_equal(symlink("/inside", link), 0);
	_cleanup_free_ char *out = xasprintf("%s/out", root);
	assert_int_equal(symlink("../../../../proc/self/exe", out), 0);
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		if (chroot(root) == 0 && write(ready[1], "", 1) == 1)
			pause();
		_exit(1);
	}
	assert_int_equal(read(ready[0], text, 1), 1);

	_cleanup_proc_ struct proc proc;
	assert_int_equal(proc_open(&rootfs_real, pid, &proc), 0);
	_cleanup_close_ int place = proc_open_in_root(&proc, "/link");
	_cleanup_close_ int fd = proc_open_regular(place);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, text, sizeof(text)), strlen("inside"));
	assert_int_equal(proc_open_in_root(&proc, "/out"), -ENOENT);
	_cleanup_close_ int folder = proc_open_in_root(&proc, "/");
	assert_int_equal(proc_open_regular(folder), -ENOEXEC);
	end(pid);
	close(ready[0]);
	close(ready[1]);
	_cleanup_free_ char *remove = xasprintf("rm -r %s", root);
	assert_int_equal(system(remove), 0);
}

static void the_table_holds_children(void **state)
{
	_cleanup_proc_table_ struct proc_table table = { 0 };
	pid_t pid = start_waiting();
	size_t found = 0;

	assert_int_equal(proc_table_read(&rootfs_real, &table), 0);
	for (size_t i = 0; i < table.count; i++)
		found += table.items[i].pid == pid && table.items[i].parent == getpid();
	end(pid);
	assert_int_equal(found, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_is_read),
		cmocka_unit_test(a_process_that_is_gone_is_no_other),
		cmocka_unit_test(a_number_that_is_used_again_is_noticed),
		cmocka_unit_test(a_recording_is_read),
		cmocka_unit_test(a_root_is_not_left),
		cmocka_unit_test(the_table_holds_children),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
