/* SPDX-License-Identifier: MIT */
#include "proc/proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX_BYTES = 8192 };

static const unsigned int PF_FORKNOEXEC = 0x40;

int proc_parse_stat(const char *text, struct proc_stat *ret)
{
	/* The name in parentheses may hold anything, parentheses and spaces included. */
	const char *rest = strrchr(text, ')');
	unsigned int flags;

	if (!rest)
		return -EINVAL;
	/* From state, field 3, on: flags is 9, minflt 10, majflt 12, num_threads 20. */
	int n = sscanf(rest + 1,
		       " %*c %*d %*d %*d %*d %*d %u %" SCNu64 " %*u %" SCNu64
		       " %*u %*u %*u %*d %*d %*d %*d %" SCNu64,
		       &flags, &ret->minor_faults, &ret->major_faults, &ret->threads);
	if (n != 4)
		return -EINVAL;
	ret->forked_not_execed = flags & PF_FORKNOEXEC;
	return 0;
}

/* The number behind "\nkey:"; false without one. */
static bool find_number(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (!strncmp(line, key, len) && line[len] == ':')
			return sscanf(line + len + 1, " %" SCNu64, ret) == 1;
	}
	return false;
}

int proc_parse_status(const char *text, struct proc_status *ret)
{
	uint64_t rss_kib, peak_kib, voluntary, involuntary;

	if (!find_number(text, "voluntary_ctxt_switches", &voluntary) ||
	    !find_number(text, "nonvoluntary_ctxt_switches", &involuntary))
		return -EINVAL;
	if (!find_number(text, "VmRSS", &rss_kib) || !find_number(text, "VmHWM", &peak_kib))
		return -ENODATA;
	*ret = (struct proc_status){
		.rss_bytes = rss_kib * 1024,
		.peak_bytes = peak_kib * 1024,
		.context_switches = voluntary + involuntary,
	};
	return 0;
}

int proc_open(pid_t pid, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* /proc gives these files whole with one read from their start. */
static int read_afresh(int fd, char text[static FILE_MAX_BYTES])
{
	ssize_t n = pread(fd, text, FILE_MAX_BYTES - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	return 0;
}

int proc_read_stat(int fd, struct proc_stat *ret)
{
	char text[FILE_MAX_BYTES];
	int r = read_afresh(fd, text);

	return r < 0 ? r : proc_parse_stat(text, ret);
}

int proc_read_status(int fd, struct proc_status *ret)
{
	char text[FILE_MAX_BYTES];
	int r = read_afresh(fd, text);

	return r < 0 ? r : proc_parse_status(text, ret);
}

void time_mean_add(struct time_mean *mean, uint64_t now_ns, double value)
{
	if (mean->samples++ == 0)
		mean->first_ns = now_ns;
	else
		mean->area += (double)(now_ns - mean->last_ns) * (mean->last_value + value) / 2;
	mean->last_ns = now_ns;
	mean->last_value = value;
}

double time_mean_value(const struct time_mean *mean)
{
	if (mean->samples < 2 || mean->last_ns == mean->first_ns)
		return NAN;
	return mean->area / (double)(mean->last_ns - mean->first_ns);
}
