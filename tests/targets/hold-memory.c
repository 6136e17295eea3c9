/* SPDX-License-Identifier: MIT */
/*
 * Holds a known amount of memory for a known time, then half of it for as long, and prints what it knows
 * of itself, as lines "metric value": peak_rss_bytes, minor_faults (at least: its last page faults come
 * after), mean_rss_bytes (about).
 *
 *   hold-memory BYTES MILLISECONDS [FILE]
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text)
		errx(2, "not a number: %s", text);
	return value;
}

/* VmHWM of /proc/self/status. */
static unsigned long own_peak_bytes(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	char line[256];
	unsigned long kib = 0;

	if (!status)
		err(1, "/proc/self/status");
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmHWM: %lu", &kib) == 1)
			break;
	fclose(status);
	return kib * 1024;
}

static void hold(unsigned long ms)
{
	struct timespec time = { (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };

	while (nanosleep(&time, &time) < 0)
		;
}

int main(int argc, char **argv)
{
	struct rusage usage;
	FILE *out = stdout;

	if (argc < 3 || argc > 4)
		errx(2, "usage: hold-memory BYTES MILLISECONDS [FILE]");
	unsigned long bytes = number(argv[1]), ms = number(argv[2]);
	if (argc == 4)
		out = fopen(argv[3], "we");
	if (!out)
		err(1, "%s", argv[3]);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	char *area = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area == MAP_FAILED)
		err(1, "mmap");
	memset(area, 1, bytes);
	hold(ms);
	if (madvise(area, bytes / 2, MADV_DONTNEED) < 0)
		err(1, "madvise");
	hold(ms);
	getrusage(RUSAGE_SELF, &usage);
	fprintf(out, "peak_rss_bytes %lu\n", own_peak_bytes());
	fprintf(out, "mean_rss_bytes %lu\n", bytes / 4 * 3);
	fprintf(out, "minor_faults %ld\n", usage.ru_minflt);
	fclose(out);
	return 0;
}
