/* SPDX-License-Identifier: MIT */
/*
 * Processes whose many threads exit at the same time, beside others that fork, with refaults of known number:
 *
 *   exit-storm ROUNDS THREADS FORKERS [FILE]
 *
 * ROUNDS processes, one after the other, have THREADS threads each, which all end together: in every second process each by
 * itself, in the others because one of them ends the process. Meanwhile FORKERS processes have ROUNDS children each, which
 * inherit what their parent has touched. Every thread and every child touches PAGES pages, gives them back and touches them
 * again, in an area of its own, at the same addresses in each process. Prints to FILE what that causes.
 */
#include <err.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PAGES = 10,
	AREA_BYTES = 2 << 20, /* apart: each is in a chunk of its own of the observer's table */
	/* Touched once: forgetting a process then takes as long as it takes two of its threads to exit. */
	BALLAST_AREAS = 1000,
};

static size_t page_bytes;
static char *areas;
static pthread_barrier_t all;
static unsigned long thread_count;

static void touch(volatile char *area)
{
	for (size_t i = 0; i < PAGES; i++)
		area[i * page_bytes] = 1;
}

static void refault(char *area)
{
	touch(area);
	if (madvise(area, PAGES * page_bytes, MADV_DONTNEED) < 0)
		err(1, "madvise");
	touch(area);
}

/* Directly, since libc would give back the thread's stack first. */
static void exit_thread(void)
{
	syscall(SYS_exit, 0);
	__builtin_unreachable();
}

static void *run_thread(void *area)
{
	refault(area);
	pthread_barrier_wait(&all);
	exit_thread();
	return NULL;
}

static void *wait_thread(void *area)
{
	refault(area);
	pthread_barrier_wait(&all);
	for (;;)
		pause();
	return NULL;
}

static void map_areas(unsigned long count)
{
	areas = mmap(NULL, count * AREA_BYTES, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (areas == MAP_FAILED)
		err(1, "mmap");
}

static void run_round(unsigned long round)
{
	pthread_attr_t attributes;

	pthread_barrier_init(&all, NULL, (unsigned int)thread_count + 1);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 64 << 10);
	map_areas(thread_count + BALLAST_AREAS);
	for (unsigned long i = 0; i < BALLAST_AREAS; i++)
		areas[(thread_count + i) * AREA_BYTES] = 1;
	for (unsigned long i = 0; i < thread_count; i++) {
		pthread_t thread;

		if (pthread_create(&thread, &attributes, round % 2 ? wait_thread : run_thread,
				   areas + i * AREA_BYTES))
			errx(1, "cannot start a thread");
	}
	pthread_barrier_wait(&all);
	if (round % 2)
		_exit(0);
	exit_thread();
}

static void wait_for(pid_t pid)
{
	int status;

	if (pid < 0)
		err(1, "fork");
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "a child failed");
}

static void run_forker(unsigned long rounds)
{
	map_areas(thread_count);
	for (unsigned long i = 0; i < thread_count; i++)
		touch(areas + i * AREA_BYTES);
	for (unsigned long i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			refault(areas + i % thread_count * AREA_BYTES);
			_exit(0);
		}
		wait_for(pid);
	}
	_exit(0);
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text)
		errx(2, "not a number: %s", text);
	return value;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		errx(2, "usage: exit-storm ROUNDS THREADS FORKERS [FILE]");

	unsigned long rounds = number(argv[1]), forkers = number(argv[3]);
	pid_t *pids = calloc(forkers + 1, sizeof(*pids));

	thread_count = number(argv[2]);
	if (!thread_count || !pids)
		errx(2, "no threads, or no memory");
	if (argc > 4) {
		FILE *out = fopen(argv[4], "we");

		if (!out)
			err(1, "%s", argv[4]);
		fprintf(out, "refaults_dontneed %lu\nrefaults_munmap 0\nrefaults_free 0\n",
			rounds * (thread_count + forkers) * PAGES);
		fclose(out);
	}
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	/* A huge page would make one fault of many. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	for (unsigned long i = 0; i < forkers; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			run_forker(rounds);
	}
	for (unsigned long i = 0; i < rounds; i++) {
		pid_t pid = fork();

		if (pid == 0)
			run_round(i);
		wait_for(pid);
	}
	for (unsigned long i = 0; i < forkers; i++)
		wait_for(pids[i]);
	free(pids);
	return 0;
}
