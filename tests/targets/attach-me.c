/* SPDX-License-Identifier: MIT */
/*
 * Has memory before it is attached to, and does known things with it afterwards.
 *
 *   attach-me PAGES FILE
 *
 * Prints "ready" and waits for a line on standard input before, and "done" and another line after it. Prints
 * into FILE what it caused in between, as known-faults does.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SLACK = 60 };

static long page_bytes;
static unsigned long pages;

static char *map(void)
{
	long result = syscall(SYS_mmap, NULL, pages * (size_t)page_bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (result == -1)
		err(1, "mmap");
	return (char *)result;
}

static void touch(volatile char *area)
{
	for (unsigned long i = 0; i < pages; i++)
		area[i * (size_t)page_bytes] = 1;
}

static void purge(char *area)
{
	if (syscall(SYS_madvise, area, pages * (size_t)page_bytes, MADV_DONTNEED) == -1)
		err(1, "madvise");
}

static void tell(const char *what)
{
	char byte;

	if (write(STDOUT_FILENO, what, 1) != 1 || write(STDOUT_FILENO, what + 1, 5) < 0)
		err(1, "write");
	do {
		if (read(STDIN_FILENO, &byte, 1) != 1)
			exit(1);
	} while (byte != '\n');
}

static void in_a_child(char *area)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		purge(area);
		touch(area);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the child failed");
}

int main(int argc, char **argv)
{
	FILE *out;

	if (argc != 3)
		errx(2, "usage: attach-me PAGES FILE");
	pages = strtoul(argv[1], NULL, 10);
	page_bytes = sysconf(_SC_PAGESIZE);
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);

	char *touched = map(), *untouched = map();

	touch(touched);
	tell("ready\n");
	touch(touched);   /* nothing */
	touch(untouched); /* that nobody touched it before, nobody can know */
	touch(map());     /* but this is new */
	purge(touched);
	touch(touched);
	in_a_child(touched);
	tell("done.\n");

	out = fopen(argv[2], "we");
	if (!out)
		err(1, "%s", argv[2]);
	fprintf(out, "refaults_dontneed %lu\n", 2 * pages);
	fprintf(out, "unknown_faults %lu %lu\n", pages, pages + SLACK);
	fprintf(out, "first_touch_faults %lu %lu\n", pages, pages + SLACK);
	fprintf(out, "madvise_dontneed_calls 2\n");
	fclose(out);
	return 0;
}
