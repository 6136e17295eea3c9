/* SPDX-License-Identifier: MIT */
#include "probe/counters.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/rootfs.h"
#include "base/units.h"
#include "base/rootless.h"

/* perf_event_paranoid at and above which user mode only may be counted: perf_event_open(2). */
enum { PARANOID_USER_ONLY = 2 };

static int perf_event_open(const struct perf_event_attr *attr, pid_t pid, int group_fd)
{
	long fd = syscall(SYS_perf_event_open, attr, pid, -1, group_fd, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

static int describe_refusal(const struct counter_spec *spec, int code, struct error *err)
{
	_cleanup_strbuf_ struct strbuf paranoid = STRBUF_INIT;

	switch (code) {
	case EACCES:
	case EPERM:
		if (rootfs_read(&rootfs_real, "/proc/sys/kernel/perf_event_paranoid", &paranoid) <
		    0)
			strbuf_addstr(&paranoid, "unknown");
		error_set(err, ERROR_MACHINE, code,
			  "the kernel refuses perf events to this user (perf_event_paranoid is %s)",
			  paranoid.buf);
		if (rootless_explain(err))
			return -code;
		if (geteuid() == 0)
			error_hint(err,
				   "in a container: start it with --cap-add PERFMON --security-opt "
				   "seccomp=unconfined");
		else
			error_hint(
				err,
				"sudo sysctl kernel.perf_event_paranoid=%d, or run madvisor under "
				"sudo: the program still runs as you",
				PARANOID_USER_ONLY);
		return -code;
	case ENOSYS:
		error_set(err, ERROR_MACHINE, code, "this kernel has no perf events");
		error_hint(err, "use a kernel built with CONFIG_PERF_EVENTS=y");
		return -code;
	case EMFILE:
	case ENFILE:
		error_set(err, ERROR_MACHINE, code, "too many open files for the event %s",
			  spec->name);
		error_hint(err, "ulimit -n 4096");
		return -code;
	default:
		return error_set(err, ERROR_MACHINE, code,
				 "this machine cannot count the event %s: %s", spec->name,
				 strerror(code));
	}
}

static int open_one(struct counters *counters, const struct counter_spec *spec, pid_t pid,
		    enum probe_start start)
{
	bool leader = counters->count == 0;
	struct perf_event_attr attr = {
		.type = spec->type,
		.size = sizeof(attr),
		.config = spec->config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.inherit = 1,
		/* Members are always on and follow their leader, so that one switch moves all of them. */
		.disabled = leader,
		.enable_on_exec = leader && start == PROBE_AT_EXEC,
		.exclude_kernel = counters->user_only,
		.exclude_hv = counters->user_only,
	};
	_cleanup_close_ int fd = perf_event_open(&attr, pid, leader ? -1 : counters->items[0].fd);

	if (fd < 0)
		return fd;
	if (spec->filter && ioctl(fd, PERF_EVENT_IOC_SET_FILTER, spec->filter) < 0)
		return -errno;
	counters->items[counters->count].metric = spec->metric;
	counters->items[counters->count++].fd = TAKE_FD(fd);
	return 0;
}

static int open_all(struct counters *counters, const struct counter_spec *specs, size_t spec_count,
		    pid_t pid, enum probe_start start, struct error *err)
{
	for (size_t i = 0; i < spec_count && counters->count < COUNTERS_MAX; i++) {
		if (specs[i].in_kernel && counters->user_only)
			continue;

		int r = open_one(counters, &specs[i], pid, start);
		if (r == -EACCES || r == -EPERM || (r < 0 && !specs[i].optional)) {
			counters_close(counters);
			return describe_refusal(&specs[i], -r, err);
		}
	}
	return 0;
}

int counters_open(struct counters *counters, const struct counter_spec *specs, size_t spec_count,
		  pid_t pid, enum probe_start start, struct error *err)
{
	int r;

	counters->user_only = false;
	r = open_all(counters, specs, spec_count, pid, start, err);
	if (r != -EACCES && r != -EPERM)
		return r;
	counters->user_only = true;
	r = open_all(counters, specs, spec_count, pid, start, err);
	return r == 0 && counters->count == 0 ? describe_refusal(specs, EACCES, err) : r;
}

void counters_enable(const struct counters *counters)
{
	if (counters->count)
		(void)ioctl(counters->items[0].fd, PERF_EVENT_IOC_ENABLE, 0);
}

void counters_disable(const struct counters *counters)
{
	if (counters->count)
		(void)ioctl(counters->items[0].fd, PERF_EVENT_IOC_DISABLE, 0);
}

double counter_value(const struct counter_reading *reading)
{
	if (reading->enabled_ns == 0 || reading->running_ns < reading->enabled_ns)
		return NAN;
	return (double)reading->value;
}

void counters_read(const struct counters *counters, struct metrics *metrics)
{
	for (size_t i = 0; i < counters->count; i++) {
		struct counter_reading reading;

		if (read(counters->items[i].fd, &reading, sizeof(reading)) == sizeof(reading))
			metrics->value[counters->items[i].metric] = counter_value(&reading);
	}
}

void counters_close(struct counters *counters)
{
	/* Members before their leader. */
	while (counters->count > 0)
		close(counters->items[--counters->count].fd);
}
