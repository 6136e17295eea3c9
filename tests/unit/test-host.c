/* SPDX-License-Identifier: MIT */
#include "machine/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

struct machine {
	char *root;
	struct rootfs fs;
	struct result result; /* frees the host */
};

static struct host *describe(struct machine *machine, const char *name)
{
	const char *fixtures = getenv("FIXTURES");

	assert_non_null(fixtures);
	machine->root = xasprintf("%s/machines/%s", fixtures, name);
	machine->fs.root = machine->root;
	result_init(&machine->result);
	host_describe(&machine->fs, &machine->result.host);
	return &machine->result.host;
}

static void release(struct machine *machine)
{
	result_release(&machine->result);
	free(machine->root);
}

static void test_cloud_vm(void **state)
{
	struct machine machine;
	const struct host *host = describe(&machine, "cloud-vm");

	assert_string_equal(host->kernel, "6.1.0-18-cloud-amd64");
	assert_string_equal(host->os, "Debian GNU/Linux 12 (bookworm)");
	assert_string_equal(host->cpu_model, "AMD EPYC 7763 64-Core Processor");
	assert_string_equal(host->virtualization, "kvm");
	assert_null(host->governor);
	assert_string_equal(host->thp, "madvise");
	assert_int_equal(host->memory_bytes, UINT64_C(24683352) * 1024);
	release(&machine);
}

static void test_laptop(void **state)
{
	struct machine machine;
	const struct host *host = describe(&machine, "laptop");

	assert_string_equal(host->os, "Fedora Linux 41 (Workstation Edition)");
	/* A flag whose name only contains the word does not make it virtual. */
	assert_string_equal(host->virtualization, "none");
	assert_string_equal(host->governor, "powersave");
	assert_string_equal(host->thp, "always");
	release(&machine);
}

static void test_arm64_server(void **state)
{
	struct machine machine;
	const struct host *host = describe(&machine, "arm64-server");

	assert_string_equal(host->os, "Debian");
	assert_string_equal(host->cpu_model, "implementer 0x41, part 0xd0c");
	assert_string_equal(host->virtualization, "none");
	assert_string_equal(host->governor, "performance");
	assert_null(host->thp);
	release(&machine);
}

static void test_container(void **state)
{
	struct machine machine;
	const struct host *host = describe(&machine, "container");

	assert_string_equal(host->virtualization, "amazon");
	release(&machine);
}

/* The firmware says QEMU under KVM as well. */
static void test_emulated(void **state)
{
	struct machine machine;
	const struct host *host = describe(&machine, "emulated");

	assert_string_equal(host->virtualization, "qemu");
	release(&machine);
}

static void test_nothing_known(void **state)
{
	struct machine machine;
	const struct host *host = describe(&machine, "no-such-machine");

	assert_null(host->kernel);
	assert_null(host->os);
	assert_null(host->cpu_model);
	assert_null(host->virtualization);
	assert_null(host->thp);
	assert_int_equal(host->memory_bytes, 0);
	/* These come from the running system. */
	assert_non_null(host->machine);
	assert_non_null(host->libc);
	assert_true(host->cpus > 0 && host->page_bytes >= 4096);
	release(&machine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cloud_vm),     cmocka_unit_test(test_laptop),
		cmocka_unit_test(test_arm64_server), cmocka_unit_test(test_container),
		cmocka_unit_test(test_emulated),     cmocka_unit_test(test_nothing_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
