/* SPDX-License-Identifier: MIT */
#include "machine/capability.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

static void inspect(const char *machine, struct capabilities *list)
{
	_cleanup_free_ char *root = xasprintf("%s/machines/%s", getenv("FIXTURES"), machine);
	struct rootfs fs = { root };

	capabilities_inspect(&fs, 0, list);
}

static const struct capability *find(const struct capabilities *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

struct expectation {
	const char *name;
	enum capability_state state;
	const char *detail; /* a part of it */
	const char *remedy; /* a part of it; NULL: none */
};

static void check(const char *machine, const struct expectation *expected, size_t count)
{
	_cleanup_capabilities_ struct capabilities list = CAPABILITIES_INIT;

	inspect(machine, &list);
	for (size_t i = 0; i < count; i++) {
		const struct capability *item = find(&list, expected[i].name);

		if (!item)
			fail_msg("%s: no row '%s'", machine, expected[i].name);
		if (item->state != expected[i].state || !strstr(item->detail, expected[i].detail))
			fail_msg("%s: %s: %s: %s", machine, item->name,
				 capability_state_name(item->state), item->detail);
		if (!item->remedy != !expected[i].remedy ||
		    (item->remedy && !strstr(item->remedy, expected[i].remedy)))
			fail_msg("%s: %s: remedy: %s", machine, item->name,
				 item->remedy ? item->remedy : "none");
	}
}

#define CHECK(machine, ...)                                                          \
	do {                                                                         \
		static const struct expectation expected_[] = { __VA_ARGS__ };       \
		check(machine, expected_, sizeof(expected_) / sizeof(expected_[0])); \
	} while (0)

static void test_emulated(void **state)
{
	CHECK("emulated", { "virtual machine", CAPABILITY_PARTLY, "times mean nothing", "KVM" });
}

static void test_cloud_vm(void **state)
{
	CHECK("cloud-vm", { "tracefs", CAPABILITY_YES, "private", NULL },
	      { "perf_event_paranoid", CAPABILITY_YES, "3", NULL },
	      { "BPF", CAPABILITY_YES, "may load", NULL },
	      { "ptrace", CAPABILITY_YES, "running", NULL },
	      { "virtual machine", CAPABILITY_FACT, "kvm", NULL },
	      { "steal time", CAPABILITY_PARTLY, "1.90% since boot", "dedicated" },
	      { "load", CAPABILITY_YES, "0.00", NULL },
	      { "CPU frequency", CAPABILITY_FACT, "not under", NULL },
	      { "SMT", CAPABILITY_YES, "off", NULL },
	      { "memory", CAPABILITY_YES, "22.6 GiB available of 23.5 GiB", NULL },
	      { "swap", CAPABILITY_YES, "none", NULL },
	      { "overcommit", CAPABILITY_YES, "heuristic", NULL },
	      { "transparent huge pages", CAPABILITY_FACT,
		"madvise, defrag madvise, shared memory never", NULL });
}

static void test_laptop(void **state)
{
	CHECK("laptop",
	      { "tracefs", CAPABILITY_NO, "not readable",
		"sudo mount -o remount,mode=750,gid=$(id -g)" },
	      { "perf_event_paranoid", CAPABILITY_PARTLY, "2",
		"sysctl kernel.perf_event_paranoid=1" },
	      { "BPF", CAPABILITY_NO, "may not load", "sudo" },
	      { "lockdown", CAPABILITY_FACT, "integrity", NULL },
	      { "ptrace", CAPABILITY_PARTLY, "not running ones", "ptrace_scope=0" },
	      { "virtual machine", CAPABILITY_FACT, "no", NULL },
	      { "steal time", CAPABILITY_YES, "0.00%", NULL },
	      { "load", CAPABILITY_PARTLY, "other work", "top" },
	      { "CPU frequency", CAPABILITY_PARTLY, "powersave", "echo performance | sudo tee" },
	      { "turbo", CAPABILITY_PARTLY, "on", "echo 1 | sudo tee" },
	      { "SMT", CAPABILITY_PARTLY, "on", "echo off" },
	      { "address randomisation", CAPABILITY_FACT, "off", NULL },
	      { "memory", CAPABILITY_PARTLY, "781 MiB", "--memory-max" },
	      { "swap", CAPABILITY_PARTLY, "2.00 GiB in use", "swapoff" },
	      { "overcommit", CAPABILITY_PARTLY, "never", "vm.overcommit_memory=0" },
	      { "transparent huge pages", CAPABILITY_FACT, "always", NULL });
}

static void test_container(void **state)
{
	CHECK("container",
	      { "tracefs", CAPABILITY_NO, "not mounted", "sudo mount -t tracefs -o mode=750" },
	      { "perf_event_paranoid", CAPABILITY_NO, "4", "perf_event_paranoid=1" },
	      { "BPF", CAPABILITY_NO, "types", "CONFIG_DEBUG_INFO_BTF" },
	      { "ptrace", CAPABILITY_NO, "3", "reboot" },
	      { "seccomp", CAPABILITY_PARTLY, "filter", "--security-opt" },
	      { "CPU quota", CAPABILITY_PARTLY, "1.50 CPUs", "quota" },
	      { "memory limit", CAPABILITY_FACT, "1.00 GiB", NULL });
}

/* All capabilities, and none of them counts in the kernel: user_namespaces(7). */
static void test_rootless(void **state)
{
	CHECK("rootless", { "tracefs", CAPABILITY_NO, "not mounted", "sudo mount" },
	      { "perf_event_paranoid", CAPABILITY_PARTLY, "2", "perf_event_paranoid=1" },
	      { "BPF", CAPABILITY_NO, "may not load", "sudo" },
	      { "user namespace", CAPABILITY_PARTLY, "rootless", "--cgroup" });
}

static void test_arm64_server(void **state)
{
	/* CAP_PERFMON, CAP_BPF and CAP_SYS_PTRACE, and not root: capability(7). */
	CHECK("arm64-server", { "tracefs", CAPABILITY_YES, "readable", NULL },
	      { "perf_event_paranoid", CAPABILITY_YES, "-1", NULL },
	      { "BPF", CAPABILITY_NO, "confidentiality", "lockdown=" },
	      { "virtual machine", CAPABILITY_FACT, "no", NULL },
	      { "CPU frequency", CAPABILITY_YES, "performance", NULL },
	      { "turbo", CAPABILITY_YES, "off", NULL },
	      { "swap", CAPABILITY_YES, "0 B in use", NULL },
	      { "transparent huge pages", CAPABILITY_FACT, "none", NULL });
}

static void test_nothing_known(void **state)
{
	_cleanup_capabilities_ struct capabilities list = CAPABILITIES_INIT;

	inspect("no-such-machine", &list);
	assert_non_null(find(&list, "tracefs"));
	assert_int_equal(find(&list, "perf_event_paranoid")->state, CAPABILITY_NO);
	assert_null(find(&list, "steal time"));
	assert_null(find(&list, "swap"));
}

static int fails(struct error *err)
{
	error_set(err, ERROR_MACHINE, EPERM, "no leave");
	error_hint(err, "ask");
	return -EPERM;
}

static int works(struct error *err)
{
	return 0;
}

static void test_try(void **state)
{
	static const struct probe bad = { .name = "bad", .gives = "counts", .check = fails };
	static const struct probe good = { .name = "good",
					   .description = "all well",
					   .check = works };
	const struct probe *const ladder[] = { &bad, &good, NULL };
	_cleanup_capabilities_ struct capabilities list = CAPABILITIES_INIT;

	capabilities_try(ladder, &list);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.items[0].state, CAPABILITY_NO);
	assert_string_equal(list.items[0].detail, "no counts: no leave");
	assert_string_equal(list.items[0].remedy, "ask");
	assert_int_equal(list.items[1].state, CAPABILITY_YES);
	assert_null(list.items[1].remedy);
	assert_string_equal(list.items[2].name, "hardware");
	assert_string_equal(list.items[3].name, "stacks");
	assert_true((list.items[3].state == CAPABILITY_NO) == (list.items[3].remedy != NULL));
}

/* Steal time over an interval, on this very machine. */
static void test_interval(void **state)
{
	_cleanup_capabilities_ struct capabilities list = CAPABILITIES_INIT;

	capabilities_inspect(&rootfs_real, 50 * 1000 * 1000, &list);
	const struct capability *steal = find(&list, "steal time");
	assert_non_null(steal);
	assert_non_null(strstr(steal->detail, "% now"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_emulated),      cmocka_unit_test(test_cloud_vm),
		cmocka_unit_test(test_laptop),        cmocka_unit_test(test_container),
		cmocka_unit_test(test_rootless),      cmocka_unit_test(test_arm64_server),
		cmocka_unit_test(test_nothing_known), cmocka_unit_test(test_try),
		cmocka_unit_test(test_interval),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
