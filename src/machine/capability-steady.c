/* SPDX-License-Identifier: MIT */
/* Causes of timing noise between runs: neighbours, other work, changing CPU frequency. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "machine/capability-internal.h"
#include "base/cgroup.h"
#include "machine/host.h"

#define CPU_DIR "/sys/devices/system/cpu"

/* Time that the hypervisor kept from this machine, in percent: harmless below, harmful above. */
static const double steal_low_pct = 0.5, steal_high_pct = 5;

struct cpu_times {
	uint64_t total;
	uint64_t steal;
};

/* The first line of /proc/stat: proc(5). guest times are contained in user and nice. */
static bool read_cpu_times(const struct rootfs *fs, struct cpu_times *ret)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	uint64_t t[8];

	if (rootfs_read(fs, "/proc/stat", &text) < 0)
		return false;
	if (sscanf(text.buf,
		   "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
		   " %" SCNu64 " %" SCNu64,
		   &t[0], &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7]) != 8)
		return false;
	*ret = (struct cpu_times){ .steal = t[7] };
	for (int i = 0; i < 8; i++)
		ret->total += t[i];
	return true;
}

/* NAN where no time passed. */
static double steal_pct(const struct cpu_times *from, const struct cpu_times *to)
{
	if (to->total <= from->total || to->steal < from->steal)
		return NAN;
	return 100 * (double)(to->steal - from->steal) / (double)(to->total - from->total);
}

static void wait_ns(uint64_t ns)
{
	struct timespec time = { (time_t)(ns / NS_PER_SEC), (long)(ns % NS_PER_SEC) };

	while (nanosleep(&time, &time) < 0)
		;
}

static void inspect_steal(const struct capability_look *in)
{
	struct cpu_times zero = { 0, 0 }, first, second;
	double since_boot_pct, now_pct = NAN;

	if (!read_cpu_times(in->fs, &first))
		return;
	since_boot_pct = steal_pct(&zero, &first);
	if (in->interval_ns) {
		wait_ns(in->interval_ns);
		if (read_cpu_times(in->fs, &second))
			now_pct = steal_pct(&first, &second);
	}
	double worst = fmax(since_boot_pct, now_pct); /* the other one where one is NAN */
	if (isnan(worst))
		return;
	_cleanup_strbuf_ struct strbuf detail = STRBUF_INIT;
	strbuf_addf(&detail, "%.2f%% since boot", since_boot_pct);
	if (!isnan(now_pct))
		strbuf_addf(&detail, ", %.2f%% now", now_pct);
	row(in, CAPABILITIES_STEADY, "steal time",
	    worst < steal_low_pct    ? CAPABILITY_YES
	    : worst < steal_high_pct ? CAPABILITY_PARTLY
				     : CAPABILITY_NO,
	    "%s", detail.buf);
	if (worst >= steal_low_pct)
		remedy(in, "use a dedicated host, or more rounds: --precision 2%%");
}

static void inspect_virtualization(const struct capability_look *in)
{
	_cleanup_free_ char *name = host_virtualization(in->fs);

	if (!name)
		row(in, CAPABILITIES_STEADY, "virtual machine", CAPABILITY_FACT, "unknown");
	else if (!strcmp(name, "none"))
		row(in, CAPABILITIES_STEADY, "virtual machine", CAPABILITY_FACT, "no");
	else if (!strcmp(name, "qemu")) {
		row(in, CAPABILITIES_STEADY, "virtual machine", CAPABILITY_PARTLY,
		    "qemu, which emulates the processor: counts hold, times mean nothing");
		remedy(in, "measure times under KVM or on bare metal");
	} else {
		row(in, CAPABILITIES_STEADY, "virtual machine", CAPABILITY_FACT,
		    "%s: page faults cost more than on bare metal, and neighbours add noise", name);
	}
}

static void inspect_load(const struct capability_look *in)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	double load;

	if (rootfs_read(in->fs, "/proc/loadavg", &text) < 0 || sscanf(text.buf, "%lf", &load) != 1)
		return;
	bool quiet = load < 0.25 * in->cpus;
	row(in, CAPABILITIES_STEADY, "load", quiet ? CAPABILITY_YES : CAPABILITY_PARTLY,
	    "%.2f over the last minute, on %u CPUs%s", load, in->cpus,
	    quiet ? "" : ": other work runs beside the measurement");
	if (!quiet)
		remedy(in, "stop other work: top -o %%CPU");
}

static void inspect_governor(const struct capability_look *in)
{
	static const char name[] = "CPU frequency";
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (rootfs_read(in->fs, CPU_DIR "/cpu0/cpufreq/scaling_governor", &text) < 0) {
		row(in, CAPABILITIES_STEADY, name, CAPABILITY_FACT,
		    "not under this system's control");
	} else if (!strcmp(text.buf, "performance")) {
		row(in, CAPABILITIES_STEADY, name, CAPABILITY_YES, "governor performance");
	} else {
		row(in, CAPABILITIES_STEADY, name, CAPABILITY_PARTLY,
		    "governor %s: the clock follows the load", text.buf);
		remedy(in, "echo performance | sudo tee " CPU_DIR "/cpu*/cpufreq/scaling_governor");
	}
}

static void inspect_turbo(const struct capability_look *in)
{
	static const char intel[] = CPU_DIR "/intel_pstate/no_turbo",
			  other[] = CPU_DIR "/cpufreq/boost";
	long value;
	bool is_intel = read_number(in->fs, intel, &value);

	if (!is_intel && !read_number(in->fs, other, &value))
		return;
	bool on = is_intel ? value == 0 : value != 0;
	row(in, CAPABILITIES_STEADY, "turbo", on ? CAPABILITY_PARTLY : CAPABILITY_YES,
	    on ? "on: the clock follows the temperature" : "off");
	if (on)
		remedy(in, "echo %d | sudo tee %s", is_intel ? 1 : 0, is_intel ? intel : other);
}

static void inspect_smt(const struct capability_look *in)
{
	long active;

	if (!read_number(in->fs, CPU_DIR "/smt/active", &active))
		return;
	row(in, CAPABILITIES_STEADY, "SMT", active ? CAPABILITY_PARTLY : CAPABILITY_YES,
	    active ? "on: two CPUs share a core" : "off");
	if (active)
		remedy(in, "echo off | sudo tee " CPU_DIR
			   "/smt/control, or --cpus with one CPU a core");
}

static void inspect_cpus(const struct capability_look *in)
{
	_cleanup_strbuf_ struct strbuf online = STRBUF_INIT;

	if (rootfs_read(in->fs, CPU_DIR "/online", &online) < 0)
		return;
	row(in, CAPABILITIES_STEADY, "CPUs", in->cpus > 1 ? CAPABILITY_FACT : CAPABILITY_PARTLY,
	    "madvisor may run on %u; online: %s", in->cpus, online.buf);
	if (in->cpus == 1)
		remedy(in, "give it two or more CPUs: with one, threads never contend");
}

static void inspect_quota(const struct capability_look *in)
{
	double cpus;

	if (!cgroup_cpu_max(in->fs, &cpus))
		return;
	row(in, CAPABILITIES_STEADY, "CPU quota", CAPABILITY_PARTLY,
	    "%.2f CPUs, from its control group: runs are stopped for parts of each period", cpus);
	remedy(in, "run outside that group, or without a quota (container: no --cpus; systemd: "
		   "CPUQuota=)");
}

static void inspect_aslr(const struct capability_look *in)
{
	long value;

	if (read_number(in->fs, "/proc/sys/kernel/randomize_va_space", &value))
		row(in, CAPABILITIES_STEADY, "address randomisation", CAPABILITY_FACT,
		    value ? "on: memory is laid out anew in each run, as in production"
			  : "off: every run has the same layout, by luck a good or bad one");
}

void inspect_steadiness(const struct capability_look *in)
{
	inspect_virtualization(in);
	inspect_steal(in);
	inspect_load(in);
	inspect_governor(in);
	inspect_turbo(in);
	inspect_smt(in);
	inspect_cpus(in);
	inspect_quota(in);
	inspect_aslr(in);
}
