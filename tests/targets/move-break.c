/* SPDX-License-Identifier: MIT */
/*
 * Moves the end of its heap up and down with brk(2), from several threads and a forked child, and prints
 * first what that must be counted as, as lines "metric value".
 *
 *   move-break THREADS ROUNDS [FILE]
 *
 * Announces its measured phase on descriptor 4 as madvisor-workload does.
 */
#include <err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SYNC_FD = 4, STEP_BYTES = 3 * 4096, CALLS_A_ROUND = 4 };

static unsigned long rounds;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned long move_to(unsigned long address)
{
	return (unsigned long)syscall(SYS_brk, address);
}

/* Asks, moves up, asks for where it is already, moves back. */
static void move_once(void)
{
	unsigned long end = move_to(0);

	if (move_to(end + STEP_BYTES) != end + STEP_BYTES)
		errx(1, "the break did not move");
	move_to(end + STEP_BYTES);
	if (move_to(end) != end)
		errx(1, "the break did not move back");
}

static void *move(void *unused)
{
	for (unsigned long i = 0; i < rounds; i++) {
		pthread_mutex_lock(&lock);
		move_once();
		pthread_mutex_unlock(&lock);
	}
	return unused;
}

static void announce(const char *what)
{
	char answer;

	if (write(SYNC_FD, what, 2) != 2 || read(SYNC_FD, &answer, 1) != 1)
		errx(1, "nobody listens at the sync descriptor");
}

static void in_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		move(NULL);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the child failed");
}

int main(int argc, char **argv)
{
	FILE *out = argc > 3 ? fopen(argv[3], "we") : stdout;
	pthread_t threads[64];

	if (argc < 3 || !out)
		errx(2, "usage: move-break THREADS ROUNDS [FILE]");
	unsigned long count = strtoul(argv[1], NULL, 10);
	rounds = strtoul(argv[2], NULL, 10);
	if (count > 64)
		errx(2, "at most 64 threads");
	unsigned long all = (count + 1) * rounds;
	fprintf(out, "brk_calls %lu\nbrk_bytes %lu\n", all * CALLS_A_ROUND, all * 2 * STEP_BYTES);
	fclose(out);

	/* The break is where the library left it, not where the heap began. */
	free(malloc(1000));
	announce("B\n");
	for (unsigned long i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, move, NULL))
			errx(1, "cannot start a thread");
	for (unsigned long i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	in_child();
	announce("E\n");
	return 0;
}
