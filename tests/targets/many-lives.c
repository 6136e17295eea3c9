/* SPDX-License-Identifier: MIT */
/*
 * Lives of processes and threads that an observer must follow, each with refaults of known number, printed
 * as known-faults does.
 *
 *   many-lives KIND COUNT [FILE]
 *
 * forks: COUNT children, one after the other; threads: COUNT at the same time; chain: COUNT generations;
 * execs: COUNT programs, each executed by the one before; thread-execs: each by another thread than the first.
 */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	PAGES = 10,
	OF_LIBC = 8, /* it purges the stack of a thread that ends, which then goes on for a while */
};

static pthread_barrier_t all;

static void refault(void)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	char *area = mmap(NULL, PAGES * page_bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (area == MAP_FAILED)
		err(1, "mmap");
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < PAGES; i++)
			((volatile char *)area)[i * page_bytes] = 1;
		if (madvise(area, PAGES * page_bytes, MADV_DONTNEED) < 0)
			err(1, "madvise");
	}
}

static void wait_for(pid_t pid)
{
	int status;

	if (pid < 0)
		err(1, "fork");
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "a child failed");
}

static void do_forks(unsigned long count)
{
	for (unsigned long i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			refault();
			_exit(0);
		}
		wait_for(pid);
	}
}

static void do_chain(unsigned long count)
{
	pid_t pid;

	if (!count)
		return;
	pid = fork();
	if (pid == 0) {
		refault();
		do_chain(count - 1);
		_exit(0);
	}
	wait_for(pid);
}

static void *run_thread(void *unused)
{
	pthread_barrier_wait(&all);
	refault();
	return unused;
}

static void do_threads(unsigned long count)
{
	pthread_t *threads = calloc(count, sizeof(*threads));

	if (!threads)
		err(1, "calloc");
	pthread_barrier_init(&all, NULL, (unsigned int)count);
	for (unsigned long i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, run_thread, NULL))
			errx(1, "cannot start a thread");
	for (unsigned long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

static void do_execs(unsigned long count)
{
	char rest[32];

	refault();
	if (count < 2)
		return;
	snprintf(rest, sizeof(rest), "%lu", count - 1);
	execl("/proc/self/exe", "many-lives", "execs", rest, (char *)NULL);
	err(1, "exec");
}

static void *exec_next(void *rest)
{
	refault();
	execl("/proc/self/exe", "many-lives", "thread-execs", (const char *)rest, (char *)NULL);
	err(1, "exec");
}

/* The first thread does nothing; the last program's other thread ends by itself. */
static void do_thread_execs(unsigned long count)
{
	static char rest[32];
	pthread_t thread;

	if (!count)
		return;
	snprintf(rest, sizeof(rest), "%lu", count - 1);
	if (pthread_create(&thread, NULL, exec_next, rest))
		errx(1, "cannot start a thread");
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	if (argc < 3)
		errx(2, "usage: many-lives KIND COUNT [FILE]");

	unsigned long count = strtoul(argv[2], NULL, 10);

	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	if (argc > 3) {
		FILE *out = fopen(argv[3], "we");

		if (!out)
			err(1, "%s", argv[3]);
		fprintf(out, "refaults_dontneed %lu %lu\n", count * PAGES,
			count * (PAGES + (strcmp(argv[1], "threads") ? 0 : OF_LIBC)));
		fclose(out);
	}
	if (!strcmp(argv[1], "forks"))
		do_forks(count);
	else if (!strcmp(argv[1], "chain"))
		do_chain(count);
	else if (!strcmp(argv[1], "threads"))
		do_threads(count);
	else if (!strcmp(argv[1], "thread-execs"))
		do_thread_execs(count);
	else if (!strcmp(argv[1], "execs"))
		do_execs(count);
	else
		errx(2, "there is no kind %s", argv[1]);
	return 0;
}
