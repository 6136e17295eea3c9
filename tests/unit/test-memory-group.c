/* SPDX-License-Identifier: MIT */
#include "launch/memory-group.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

#define MIB ((size_t)1 << 20)

/* A machine of made-up files, below a folder of its own. */
struct world {
	char root[64];
	struct rootfs fs;
};

static void world_init(struct world *world)
{
	strcpy(world->root, "/tmp/madvisor-group.XXXXXX");
	assert_non_null(mkdtemp(world->root));
	world->fs = (struct rootfs){ world->root };
}

static void put(const struct world *world, const char *path, const char *text)
{
	_cleanup_free_ char *full = xasprintf("%s%s", world->root, path);

	for (char *slash = strchr(full + strlen(world->root) + 1, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(full, 0755);
		*slash = '/';
	}
	FILE *file = fopen(full, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static void world_release(struct world *world)
{
	_cleanup_free_ char *command = xasprintf("rm -r '%s'", world->root);

	assert_int_equal(system(command), 0);
}

static enum memory_version find(const struct world *world, const char *below,
				const char **ret_reason)
{
	struct memory_place place;

	memory_place_find(&world->fs, &place, ret_reason);
	enum memory_version version = place.version;
	if (version != MEMORY_NONE)
		assert_non_null(strstr(place.path, below));
	else
		assert_non_null(*ret_reason);
	memory_place_leave(&place);
	return version;
}

static void version_1_needs_its_hierarchy(void **state)
{
	const char *reason;
	struct world world;

	world_init(&world);
	put(&world, "/proc/self/cgroup", "4:memory:/user/shell\n0::/\n");
	put(&world, "/sys/fs/cgroup/memory/user/shell/memory.max_usage_in_bytes", "1");
	put(&world, "/sys/fs/cgroup/memory/user/shell/memory.use_hierarchy", "0\n");
	assert_int_equal(find(&world, "", &reason), MEMORY_NONE);
	put(&world, "/sys/fs/cgroup/memory/user/shell/memory.use_hierarchy", "1\n");
	assert_int_equal(find(&world, "/memory/user/shell", &reason), MEMORY_V1);
	assert_null(reason);
	world_release(&world);
}

static void version_2_needs_its_controller(void **state)
{
	const char *reason;
	struct world world;

	world_init(&world);
	put(&world, "/proc/self/cgroup", "0::/user.slice/run.scope\n");
	put(&world, "/sys/fs/cgroup/user.slice/run.scope/cgroup.controllers", "cpu pids\n");
	assert_int_equal(find(&world, "", &reason), MEMORY_NONE);
	assert_non_null(strstr(reason, "no memory controller"));
	put(&world, "/sys/fs/cgroup/user.slice/run.scope/cgroup.controllers", "cpu memory pids\n");
	put(&world, "/sys/fs/cgroup/user.slice/run.scope/cgroup.procs", "1\n");
	assert_int_equal(find(&world, "", &reason), MEMORY_NONE);
	assert_non_null(strstr(reason, "others are in the same control group"));
	put(&world, "/sys/fs/cgroup/user.slice/run.scope/cgroup.subtree_control", "memory pids\n");
	assert_int_equal(find(&world, "/user.slice/run.scope", &reason), MEMORY_V2);
	world_release(&world);
}

/* Touches so much, says so, and keeps it until the others have theirs, or are killed. */
static void touch_and_wait(const int *ready, const int *done, size_t bytes)
{
	char *memory =
		mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char byte = 0;

	close(done[1]);
	for (size_t at = 0; at < bytes; at += 4096)
		memory[at] = 1;
	if (write(ready[1], &byte, 1) != 1)
		_exit(1);
	close(ready[1]);
	_exit(read(done[0], &byte, 1) != 0);
}

/* A child that waits for a byte, then has so many children touch so much at once. */
static pid_t start_family(int go_fd, int children, size_t bytes)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	char byte;
	int ready[2], done[2];
	if (read(go_fd, &byte, 1) != 1 || pipe(ready) < 0 || pipe(done) < 0)
		_exit(1);
	for (int i = 0; i < children; i++)
		if (fork() == 0)
			touch_and_wait(ready, done, bytes);
	close(ready[1]);
	while (read(ready[0], &byte, 1) > 0)
		;
	close(done[1]);
	while (wait(NULL) > 0)
		;
	_exit(0);
}

static void run_family(size_t limit_bytes, double *ret_peak_bytes, bool *ret_overran)
{
	struct memory_group group;
	int go[2];

	if (memory_place_get()->version == MEMORY_NONE)
		skip();
	assert_int_equal(pipe(go), 0);
	pid_t pid = start_family(go[0], 4, 16 * MIB);
	assert_int_equal(memory_group_open(memory_place_get(), pid, limit_bytes, &group), 0);
	assert_int_equal(write(go[1], "", 1), 1);
	waitpid(pid, NULL, 0);
	*ret_peak_bytes = memory_group_peak_bytes(&group);
	*ret_overran = memory_group_overran(&group);
	_cleanup_free_ char *path = xstrdup(group.path);
	memory_group_close(&group);
	assert_int_not_equal(access(path, F_OK), 0);
	close(go[0]);
	close(go[1]);
}

static void the_peak_is_of_all_processes(void **state)
{
	double peak_bytes = NAN;
	bool overran = true;

	run_family(0, &peak_bytes, &overran);
	assert_true(peak_bytes >= 64.0 * MIB);
	/* A sanitizer has memory of its own for what is touched. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	assert_true(peak_bytes < 70.0 * MIB);
#endif
	assert_false(overran);
}

static void a_family_over_its_limit_is_told(void **state)
{
	double peak_bytes = NAN;
	bool overran = false;

	run_family(40 * MIB, &peak_bytes, &overran);
	assert_true(peak_bytes <= 40.0 * MIB);
	assert_true(overran);
}

static void groups_of_the_dead_are_removed(void **state)
{
	struct world world;

	world_init(&world);
	struct memory_place place = { MEMORY_V1, world.root, NULL, false };
	_cleanup_free_ char *dead = xasprintf("%s/madvisor-%d-1", world.root, (1 << 22) + 1);
	_cleanup_free_ char *live = xasprintf("%s/madvisor-%d-1", world.root, (int)getpid());
	_cleanup_free_ char *other = xasprintf("%s/other-%d", world.root, (1 << 22) + 1);

	assert_int_equal(mkdir(dead, 0755) + mkdir(live, 0755) + mkdir(other, 0755), 0);
	memory_place_sweep(&place);
	assert_int_not_equal(access(dead, F_OK), 0); /* above the largest pid */
	assert_int_equal(access(live, F_OK), 0);
	assert_int_equal(access(other, F_OK), 0);
	world_release(&world);
}

static void without_a_place_there_is_no_peak(void **state)
{
	const struct memory_place nowhere = { 0 };
	struct memory_group group;

	assert_true(memory_group_open(&nowhere, getpid(), 0, &group) < 0);
	assert_true(isnan(memory_group_peak_bytes(&group)));
	assert_false(memory_group_overran(&group));
	memory_group_close(&group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_1_needs_its_hierarchy),
		cmocka_unit_test(version_2_needs_its_controller),
		cmocka_unit_test(the_peak_is_of_all_processes),
		cmocka_unit_test(a_family_over_its_limit_is_told),
		cmocka_unit_test(groups_of_the_dead_are_removed),
		cmocka_unit_test(without_a_place_there_is_no_peak),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
