/* SPDX-License-Identifier: MIT */
/*
 * Keeps many threads inside a system call, vfork(2), each until its child ends, and makes calls meanwhile: what is kept by the
 * kernel for each call in progress runs out.
 *
 *   hold-calls THREADS CALLS
 *
 * Calls madvise(MADV_DONTNEED) CALLS times from the first thread.
 */
#include <err.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int gate[2];
static int inside[2];

/* The child may do no more than this: it shares its memory with the thread. */
static void *hold(void *unused)
{
	char byte = 0;
	pid_t pid = vfork();

	if (pid == 0) {
		if (write(inside[1], &byte, 1) == 1)
			(void)!read(gate[0], &byte, 1);
		_exit(0);
	}
	if (pid < 0)
		err(1, "vfork");
	waitpid(pid, NULL, 0);
	return unused;
}

int main(int argc, char **argv)
{
	long threads, calls;
	pthread_t *ids;
	char byte = 0, *page;

	if (argc != 3)
		errx(2, "usage: hold-calls THREADS CALLS");
	threads = atol(argv[1]);
	calls = atol(argv[2]);
	ids = calloc((size_t)threads, sizeof(*ids));
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!ids || page == MAP_FAILED || pipe(gate) < 0 || pipe(inside) < 0)
		err(1, "start");
	for (long i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, hold, NULL))
			errx(1, "no thread");
	for (long i = 0; i < threads; i++)
		if (read(inside[0], &byte, 1) != 1)
			err(1, "read");
	for (long i = 0; i < calls; i++)
		madvise(page, 4096, MADV_DONTNEED);
	for (long i = 0; i < threads; i++)
		if (write(gate[1], &byte, 1) != 1)
			err(1, "write");
	for (long i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	return 0;
}
