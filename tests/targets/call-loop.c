/* SPDX-License-Identifier: MIT */
/*
 * A loop of cheap system calls, and prints how many nanoseconds of CPU time it took.
 *
 *   call-loop getppid|pipe COUNT
 *
 * pipe: a byte to a child and back, through two pipes; the time is that of both.
 */
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void pass_on(int from, int to, long count)
{
	char byte = 0;

	for (long i = 0; i < count; i++)
		if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
			err(1, "pipe");
}

static uint64_t children_ns(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static void ping_pong(long count)
{
	int there[2], back[2];
	pid_t pid;

	if (pipe(there) < 0 || pipe(back) < 0 || (pid = fork()) < 0)
		err(1, "start");
	if (pid == 0) {
		pass_on(there[0], back[1], count);
		_exit(0);
	}
	if (write(there[1], "", 1) != 1)
		err(1, "pipe");
	pass_on(back[0], there[1], count - 1);
	waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
	uint64_t begin_ns;
	long count;

	if (argc != 3)
		errx(2, "usage: call-loop getppid|pipe COUNT");
	count = atol(argv[2]);
	begin_ns = cpu_ns();
	if (!strcmp(argv[1], "pipe"))
		ping_pong(count);
	for (long i = 0; !strcmp(argv[1], "getppid") && i < count; i++)
		syscall(SYS_getppid);
	fprintf(stderr, "%llu\n", (unsigned long long)(cpu_ns() - begin_ns + children_ns()));
	return 0;
}
