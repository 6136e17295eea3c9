/* SPDX-License-Identifier: MIT */
/* A program that does things to the file in which it is testified what serves it. */
#include "alloc/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/selfdir.h"
#include "base/xalloc.h"

enum { NOBODY = 65534, PATIENCE_S = 20 };

static char precious[] = "/tmp/madvisor-test.XXXXXX";

/* The library is looked for beside the executable: this one's is two folders up, in the build. */
static int bring_library(void)
{
	_cleanup_free_ char *directory = self_directory();
	_cleanup_free_ char *here = xasprintf("%s/libmadvisor-witness.so", directory);

	return symlink("../../libmadvisor-witness.so", here) < 0 && errno != EEXIST ? -1 : 0;
}

static int make_precious(void **state)
{
	if (bring_library() < 0)
		return -1;
	int fd = mkstemp(precious);

	/* Nothing that a program does to its testimony holds madvisor up: a FIFO without a writer would. */
	alarm(PATIENCE_S);
	return fd < 0 || dprintf(fd, "start\t1f\t" FIXTURE_DIR "/libfixture-bump.so\tx\n") < 0 ||
			       close(fd) < 0
		       ? -1
		       : 0;
}

static int remove_precious(void **state)
{
	return unlink(precious);
}

static struct contender bump(void)
{
	return (struct contender){
		.name = xstrdup("x"),
		.library = xstrdup(FIXTURE_DIR "/libfixture-bump.so"),
	};
}

static void testify(const struct witness *witness)
{
	FILE *out = fopen(witness->file, "a");

	assert_non_null(out);
	fprintf(out, "start\t1f\t" FIXTURE_DIR "/libfixture-bump.so\t/bin/x\n");
	fclose(out);
}

static int check(const struct witness *witness, struct contender *contender, bool any)
{
	_cleanup_testimonies_ struct testimonies testimonies = { 0 };

	return witness_check(witness, contender, any, &testimonies, NULL);
}

static void what_is_written_is_heard_and_nothing_is_left(void **state)
{
	struct witness witness;
	struct contender contender = bump();

	assert_int_equal(witness_open(&witness, geteuid(), getegid(), NULL), 0);
	_cleanup_free_ char *directory = xstrdup(witness.directory);
	testify(&witness);
	assert_int_equal(check(&witness, &contender, false), 0);
	witness_close(&witness);
	assert_int_equal(access(directory, F_OK), -1);
	contender_release(&contender);
}

/* Its maker hears nothing of what stands there now, and removes it without harm to what it leads to. */
static void expect_silence(struct witness *witness)
{
	_cleanup_free_ char *directory = xstrdup(witness->directory);
	struct contender contender = bump();

	assert_int_equal(check(witness, &contender, false), -EPERM);
	witness_close(witness);
	assert_int_equal(access(directory, F_OK), -1);
	assert_int_equal(access(precious, F_OK), 0);
	contender_release(&contender);
}

static void a_fifo_in_its_place_is_not_waited_for(void **state)
{
	struct witness witness;

	assert_int_equal(witness_open(&witness, geteuid(), getegid(), NULL), 0);
	assert_int_equal(unlink(witness.file), 0);
	assert_int_equal(mkfifo(witness.file, 0600), 0);
	expect_silence(&witness);
}

static void a_symbolic_link_in_its_place_is_not_followed(void **state)
{
	struct witness witness;

	assert_int_equal(witness_open(&witness, geteuid(), getegid(), NULL), 0);
	assert_int_equal(unlink(witness.file), 0);
	assert_int_equal(symlink(precious, witness.file), 0);
	expect_silence(&witness);
}

static void an_endless_testimony_is_cut_off(void **state)
{
	struct witness witness;
	struct contender contender = bump();

	assert_int_equal(witness_open(&witness, geteuid(), getegid(), NULL), 0);
	assert_int_equal(truncate(witness.file, (off_t)1 << 40), 0);
	assert_int_equal(check(&witness, &contender, false), -EPERM);
	witness_close(&witness);
	contender_release(&contender);
}

/* Exits with 0 where the other user can write to the file and do nothing else about it. */
static int try_as_nobody(const struct witness *witness)
{
	_cleanup_free_ char *other = xasprintf("%s/other", witness->directory);

	if (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
	    setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return 1;
	FILE *out = fopen(witness->file, "a");
	if (!out || fprintf(out, "start\t1f\t" FIXTURE_DIR "/libfixture-bump.so\t/bin/x\n") < 0 ||
	    fclose(out) != 0)
		return 2;
	if (unlink(witness->file) == 0 || rename(witness->file, other) == 0 ||
	    mkfifo(other, 0600) == 0 || rmdir(witness->directory) == 0)
		return 3;
	return 0;
}

static void another_user_can_write_it_but_not_replace_it(void **state)
{
	struct witness witness;
	struct contender contender = bump();
	int status = -1;

	if (geteuid() != 0)
		skip();
	assert_int_equal(witness_open(&witness, NOBODY, NOBODY, NULL), 0);
	pid_t pid = fork();
	if (pid == 0)
		_exit(try_as_nobody(&witness));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(check(&witness, &contender, false), 0);
	witness_close(&witness);
	contender_release(&contender);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_heard_and_nothing_is_left),
		cmocka_unit_test(a_fifo_in_its_place_is_not_waited_for),
		cmocka_unit_test(a_symbolic_link_in_its_place_is_not_followed),
		cmocka_unit_test(an_endless_testimony_is_cut_off),
		cmocka_unit_test(another_user_can_write_it_but_not_replace_it),
	};

	return cmocka_run_group_tests(tests, make_precious, remove_precious);
}
