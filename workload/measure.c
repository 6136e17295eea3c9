/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "base/units.h"
#include "now.h"

/* A calibration is trusted when it took this share of the wanted time. */
#define TRUSTED_SHARE 4
/* Slower or faster spells of the machine must not make the measured phase too short. */
#define CALIBRATION_MARGIN_PCT 10

static uint64_t timed_run(const struct kernel *kernel, void *state, uint64_t iterations)
{
	uint64_t start = now_ns();

	kernel->run(state, iterations);
	return now_ns() - start;
}

/* How many iterations take about `wanted_ns`, by running more and more of them. */
static uint64_t calibrate(const struct kernel *kernel, void *state, uint64_t wanted_ns)
{
	for (uint64_t n = 1;;) {
		uint64_t took = timed_run(kernel, state, n) + 1;
		double enough = (double)wanted_ns / (double)took * (double)n;
		if (took >= wanted_ns / TRUSTED_SHARE)
			return (uint64_t)(enough * (100 + CALIBRATION_MARGIN_PCT) / 100) + 1;
		n *= 2;
	}
}

static void warm_up(const struct kernel *kernel, void *state, const struct measure_plan *plan)
{
	uint64_t start = now_ns();

	if (plan->warmup_iterations) {
		kernel->run(state, plan->warmup_iterations);
		return;
	}
	do
		kernel->run(state, 1);
	while (now_ns() - start < plan->warmup_ns);
}

/* Reports a border of the measured phase on `fd`, and waits until the other end answers. */
static int synchronise(int fd, const char *border, struct error *err)
{
	char leave;
	ssize_t n;

	if (fd < 0)
		return 0;
	do
		n = send(fd, border, 2, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n == 2) {
		do
			n = read(fd, &leave, 1);
		while (n < 0 && errno == EINTR);
		if (n == 1)
			return 0;
	}
	int code = n < 0 ? errno : EPIPE;
	error_set(err, ERROR_MACHINE, code, "--sync-fd %d: %s", fd,
		  n < 0 ? strerror(code) : "closed by the other side");
	error_hint(err, "the other end of the socket pair must answer each line with one byte");
	return -code;
}

static uint64_t timeval_ns(struct timeval tv)
{
	return (uint64_t)tv.tv_sec * NS_PER_SEC + (uint64_t)tv.tv_usec * NS_PER_US;
}

static void usage_difference(const struct rusage *before, const struct rusage *after,
			     struct measured *ret)
{
	ret->user_ns = timeval_ns(after->ru_utime) - timeval_ns(before->ru_utime);
	ret->sys_ns = timeval_ns(after->ru_stime) - timeval_ns(before->ru_stime);
	ret->minor_faults = (uint64_t)(after->ru_minflt - before->ru_minflt);
	ret->major_faults = (uint64_t)(after->ru_majflt - before->ru_majflt);
	ret->context_switches = (uint64_t)(after->ru_nvcsw - before->ru_nvcsw) +
				(uint64_t)(after->ru_nivcsw - before->ru_nivcsw);
}

/* VmHWM of /proc/self/status (proc(5)); getrusage's maximum may be the parent's before exec. */
static uint64_t peak_rss_bytes(void)
{
	_cleanup_strbuf_ struct strbuf status = STRBUF_INIT;
	const char *line;

	if (strbuf_read_file(&status, "/proc/self/status", 65536) < 0)
		return 0;
	line = strstr(status.buf, "\nVmHWM:");
	return line ? strtoull(line + strlen("\nVmHWM:"), NULL, 10) * 1024 : 0;
}

static int measured_phase(const struct kernel *kernel, void *state, const struct measure_plan *plan,
			  struct measured *ret, struct error *err)
{
	struct rusage before, after;

	kernel->settle(state);
	kernel->latency_reset(state);
	int r = synchronise(plan->sync_fd, "B\n", err);
	if (r < 0)
		return r;
	getrusage(RUSAGE_SELF, &before);
	ret->wall_ns = timed_run(kernel, state, ret->iterations);
	getrusage(RUSAGE_SELF, &after);
	usage_difference(&before, &after, ret);
	return synchronise(plan->sync_fd, "E\n", err);
}

int measure(const struct kernel *kernel, void *state, const struct measure_plan *plan,
	    struct measured *ret, struct error *err)
{
	memset(ret, 0, sizeof(*ret));
	warm_up(kernel, state, plan);
	ret->iterations =
		plan->iterations ? plan->iterations : calibrate(kernel, state, plan->min_ns);
	ret->operations = ret->iterations * kernel->operations(state);
	int r = measured_phase(kernel, state, plan, ret, err);
	if (r < 0)
		return r;
	kernel->settle(state);
	r = kernel->check(state, err);
	if (r < 0)
		return r;
	kernel->latency_merge(state, &ret->latency);
	ret->peak_rss_bytes = peak_rss_bytes();
	return 0;
}
