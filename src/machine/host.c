/* SPDX-License-Identifier: MIT */
#include "machine/host.h"

#include <ctype.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cgroup.h"
#include "base/cleanup.h"
#include "base/list.h"
#include "base/xalloc.h"

/* The file's text, or NULL. */
static char *read_text(const struct rootfs *fs, const char *path)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	return rootfs_read(fs, path, &text) < 0 ? NULL : strbuf_detach(&text);
}

/* The text after "key", blanks and `separator` in the first line that begins with key; or NULL. */
static char *read_line(const struct rootfs *fs, const char *path, const char *key, char separator)
{
	_cleanup_free_ char *text = read_text(fs, path);
	size_t len = strlen(key);

	for (char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len))
			continue;
		char *value = line + len + strspn(line + len, " \t");
		if (*value++ != separator)
			continue;
		value += strspn(value, " \t");
		return xstrndup(value, strcspn(value, "\n"));
	}
	return NULL;
}

char *host_chosen(const struct rootfs *fs, const char *path)
{
	_cleanup_free_ char *text = read_text(fs, path);
	char *open = text ? strchr(text, '[') : NULL;
	char *close = open ? strchr(open, ']') : NULL;

	return close ? xstrndup(open + 1, (size_t)(close - open - 1)) : NULL;
}

/* os-release(5): the value may be quoted. */
static char *os_name(const struct rootfs *fs)
{
	char *name = read_line(fs, "/etc/os-release", "PRETTY_NAME", '=');
	size_t len = name ? strlen(name) : 0;

	if (len >= 2 && (*name == '"' || *name == '\'') && name[len - 1] == *name) {
		memmove(name, name + 1, len - 2);
		name[len - 2] = '\0';
	}
	return name;
}

/* arm64 kernels name no model, only numbers. */
static char *cpu_model(const struct rootfs *fs)
{
	static const char path[] = "/proc/cpuinfo";
	char *model = read_line(fs, path, "model name", ':');

	if (model)
		return model;
	_cleanup_free_ char *implementer = read_line(fs, path, "CPU implementer", ':');
	_cleanup_free_ char *part = read_line(fs, path, "CPU part", ':');
	if (!implementer || !part)
		return NULL;
	return xasprintf("implementer %s, part %s", implementer, part);
}

struct vendor {
	const char *text; /* in a DMI field */
	const char *name;
};

/* As systemd-detect-virt(1) tells them apart; the more particular first. */
static const struct vendor vendors[] = {
	{ "VMware", "vmware" },
	{ "VirtualBox", "oracle" },
	{ "innotek GmbH", "oracle" },
	{ "Virtual Machine", "microsoft" },
	{ "Xen", "xen" },
	{ "Amazon EC2", "amazon" },
	{ "Google Compute Engine", "google" },
	{ "Parallels", "parallels" },
	{ "BHYVE", "bhyve" },
	{ "Apple Virtualization", "apple" },
	{ "KVM", "kvm" },
	{ "QEMU", "kvm" },
	{ "OpenStack", "kvm" },
	{ "DigitalOcean", "kvm" },
};

static const char *const dmi_fields[] = {
	"/sys/class/dmi/id/product_name",
	"/sys/class/dmi/id/sys_vendor",
	"/sys/class/dmi/id/board_vendor",
	"/sys/class/dmi/id/bios_vendor",
};

/* Names, in available_clocksource, of the clocks that hypervisors offer. */
static const struct vendor clocks[] = {
	{ "kvm-clock", "kvm" },
	{ "hyperv_clocksource", "microsoft" },
	{ "xen", "xen" },
};

static const char *by_dmi(const struct rootfs *fs)
{
	for (size_t i = 0; i < ARRAY_SIZE(dmi_fields); i++) {
		_cleanup_free_ char *text = read_text(fs, dmi_fields[i]);

		/* Bare-metal machines of a cloud carry its name too. */
		if (text && strstr(text, ".metal"))
			return NULL;
		for (size_t k = 0; text && k < ARRAY_SIZE(vendors); k++)
			if (strstr(text, vendors[k].text))
				return vendors[k].name;
	}
	return NULL;
}

static const char *by_clock(const struct rootfs *fs)
{
	_cleanup_free_ char *text =
		read_text(fs, "/sys/devices/system/clocksource/clocksource0/available_clocksource");

	for (size_t k = 0; text && k < ARRAY_SIZE(clocks); k++)
		if (strstr(text, clocks[k].text))
			return clocks[k].name;
	return NULL;
}

static const char *by_device_tree(const struct rootfs *fs)
{
	_cleanup_free_ char *text = read_text(fs, "/proc/device-tree/hypervisor/compatible");

	if (!text)
		return NULL;
	return !strcmp(text, "linux,kvm") ? "kvm" : strstr(text, "xen") ? "xen" : "vm";
}

/* QEMU without KVM: its CPU "max" says so (target/i386/cpu.c; "QEMU TCG CPU" since 2.5). Other models do not. */
static bool is_emulated(const struct rootfs *fs)
{
	_cleanup_free_ char *model = read_line(fs, "/proc/cpuinfo", "model name", ':');

	return model && strstr(model, "QEMU TCG");
}

char *host_virtualization(const struct rootfs *fs)
{
	if (is_emulated(fs))
		return xstrdup("qemu");
	/* x86: CPUID tells of a hypervisor; its name comes from firmware or the clocks. */
	_cleanup_free_ char *flags = read_line(fs, "/proc/cpuinfo", "flags", ':');

	if (flags && !list_has(flags, " \t", "hypervisor"))
		return xstrdup("none");

	const char *name = by_dmi(fs);
	if (!name)
		name = by_device_tree(fs);
	if (!name && flags)
		name = by_clock(fs);
	if (!name && flags)
		name = "vm";
	if (name)
		return xstrdup(name);
	/* Without CPUID, any vendor that makes no hypervisor means a physical machine. */
	_cleanup_free_ char *maker = read_text(fs, "/sys/class/dmi/id/sys_vendor");
	return maker && *maker ? xstrdup("none") : NULL;
}

void host_describe(const struct rootfs *fs, struct host *host)
{
	struct utsname names;
	cpu_set_t cpus;
	uint64_t kib, count;

	host->kernel = read_text(fs, "/proc/sys/kernel/osrelease");
	host->os = os_name(fs);
	host->cpu_model = cpu_model(fs);
	host->virtualization = host_virtualization(fs);
	host->governor = read_text(fs, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	host->thp = host_chosen(fs, "/sys/kernel/mm/transparent_hugepage/enabled");
	if (rootfs_read_field_u64(fs, "/proc/meminfo", "MemTotal", &kib) == 0)
		host->memory_bytes = kib * 1024;
	if (rootfs_read_u64(fs, "/proc/sys/vm/max_map_count", &count) == 0)
		host->max_map_count = count;

	if (uname(&names) == 0)
		host->machine = xstrdup(names.machine);
	host->libc = xasprintf("glibc %s", gnu_get_libc_version());
	host->page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0)
		host->cpus = cgroup_cpus(fs, (unsigned int)CPU_COUNT(&cpus));
}
