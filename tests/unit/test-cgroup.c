/* SPDX-License-Identifier: MIT */
#include "base/cgroup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "machine/memory.h"

struct limits {
	bool has_memory, has_cpu;
	uint64_t memory_bytes;
	double cpus;
};

static struct limits limits_of(const char *machine)
{
	_cleanup_free_ char *root = xasprintf("%s/machines/%s", getenv("FIXTURES"), machine);
	struct rootfs fs = { root };
	struct limits limits;

	limits.has_memory = cgroup_memory_max(&fs, &limits.memory_bytes);
	limits.has_cpu = cgroup_cpu_max(&fs, &limits.cpus);
	return limits;
}

static void test_least_of_the_path(void **state)
{
	struct limits limits = limits_of("container");

	/* The memory limit of the parent is lower than its own; only its own level has a quota. */
	assert_true(limits.has_memory && limits.has_cpu);
	assert_int_equal(limits.memory_bytes, 1 << 30);
	assert_true(limits.cpus == 1.5);
}

static void test_version_1(void **state)
{
	struct limits limits = limits_of("arm64-server");

	assert_true(limits.has_memory && limits.has_cpu);
	assert_int_equal(limits.memory_bytes, 512 << 20);
	assert_true(limits.cpus == 0.5);
}

static void test_no_limit(void **state)
{
	static const char *const machines[] = { "cloud-vm", "laptop", "no-such-machine" };

	for (int i = 0; i < 3; i++) {
		struct limits limits = limits_of(machines[i]);

		assert_false(limits.has_memory);
		assert_false(limits.has_cpu);
	}
}

static void check_left(const char *machine, uint64_t wanted_bytes, uint64_t wanted_default_bytes)
{
	_cleanup_free_ char *root = xasprintf("%s/machines/%s", getenv("FIXTURES"), machine);
	struct rootfs fs = { root };
	uint64_t bytes;

	assert_int_equal(cgroup_memory_left(&fs, &bytes), wanted_bytes > 0);
	if (wanted_bytes)
		assert_int_equal(bytes, wanted_bytes);
	assert_int_equal(memory_max_default_bytes(&fs), wanted_default_bytes);
}

static void test_memory_left(void **state)
{
	/* The parent uses more of its lower limit than the group of its own. */
	check_left("container", (1 << 30) - 943718400, ((1 << 30) - 943718400) / 100 * 80);
	check_left("arm64-server", 384 << 20, (384 << 20) / 100 * 80);
	/* Without a limit, what the machine has. */
	check_left("cloud-vm", 0, UINT64_C(23698000) * 1024 / 100 * 80);
}

static void expect_cgroup(const char *text, const char *controller, const char *path)
{
	_cleanup_free_ char *found = cgroup_parse(text, controller);

	if (path)
		assert_string_equal(found, path);
	else
		assert_null(found);
}

static void the_group_of_a_hierarchy(void **state)
{
	static const char mixed[] = "12:cpu,cpuacct:/system.slice\n4:memory:/a:b\n"
				    "1:name=systemd:/init.scope\n0::/unified\n";

	expect_cgroup(mixed, "memory", "/a:b");
	expect_cgroup(mixed, "cpuacct", "/system.slice");
	expect_cgroup(mixed, "cpua", NULL);
	expect_cgroup(mixed, NULL, "/unified");
	expect_cgroup("0::/\n", NULL, "/");
	expect_cgroup("0::/\n", "memory", NULL);
	expect_cgroup("0\n:\n::", "x", NULL);
	expect_cgroup("", NULL, NULL);
}

/* The container has 1.5 CPUs. */
static void a_quota_is_as_many_cpus(void **state)
{
	_cleanup_free_ char *container = xasprintf("%s/machines/container", getenv("FIXTURES"));
	const struct rootfs limited = { container }, unlimited = { "/none" };

	assert_int_equal(cgroup_cpus(&limited, 64), 2);
	assert_int_equal(cgroup_cpus(&limited, 2), 2);
	assert_int_equal(cgroup_cpus(&limited, 1), 1);
	assert_int_equal(cgroup_cpus(&unlimited, 64), 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_least_of_the_path),
		cmocka_unit_test(test_version_1),
		cmocka_unit_test(test_no_limit),
		cmocka_unit_test(test_memory_left),
		cmocka_unit_test(the_group_of_a_hierarchy),
		cmocka_unit_test(a_quota_is_as_many_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
