/* SPDX-License-Identifier: MIT */
/*
 * Causes an exactly known number of memory system calls and page faults, and prints that number first,
 * as lines "metric value".
 *
 *   known-calls [-b] [-s FD] [-e FILE] [-t THREADS] [-f FORKS] [-n ROUNDS]
 *
 * Each thread, and each of the children that the main thread forks, does ROUNDS rounds of the same calls,
 * all made directly, without libc. With -s it announces its measured phase on that descriptor as
 * madvisor-workload does ("B\n", "E\n", one byte back after each) and what it prints is what the phase must
 * cause. Without, it prints what its whole life must cause, of the calls that libc does not make on its
 * own. -e: print to this file. -b: also the bytes that the calls name.
 */
#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

enum {
	PAGES_DONTNEED = 3, /* purged and touched again in a round */
	PAGES_MAPPED = 2,   /* mapped, touched and unmapped */
	CALLS_DONTNEED =
		3, /* in a round; all but the first on pages that are gone already, the last by MADV_DONTNEED_LOCKED */
	CALLS_FREE = 3,
	CALLS_MMAP = 1,
	CALLS_MUNMAP = 1,
	CALLS_MREMAP = 4,
	CALLS_BRK = 5,
};

static long page_bytes;
static unsigned long thread_count = 1, fork_count, round_count = 100;
static bool with_bytes;
static int sync_fd = -1;
static pthread_barrier_t warm, phase_begin, phase_end, never;

static void touch(volatile char *pages, long count)
{
	for (long i = 0; i < count; i++)
		pages[i * page_bytes] = 1;
}

static char *map(long pages)
{
	long address = syscall(SYS_mmap, NULL, pages * page_bytes, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (address == -1)
		err(1, "mmap");
	return (char *)address;
}

static void check(long result, const char *what)
{
	if (result == -1)
		err(1, "%s", what);
}

static void do_round(char *area, char *moving)
{
	touch(area, PAGES_DONTNEED);
	for (int i = 0; i < CALLS_DONTNEED - 1; i++)
		check(syscall(SYS_madvise, area, PAGES_DONTNEED * page_bytes, MADV_DONTNEED),
		      "madvise");
	/* Linux before 5.18 knows no such advice; the call counts all the same. */
	syscall(SYS_madvise, area, PAGES_DONTNEED * page_bytes, MADV_DONTNEED_LOCKED);
	for (int i = 0; i < CALLS_FREE; i++)
		check(syscall(SYS_madvise, moving, page_bytes, MADV_FREE), "madvise");
	/* Another advice, which is to be counted as neither. */
	check(syscall(SYS_madvise, area, page_bytes, MADV_WILLNEED), "madvise");

	char *pages = map(PAGES_MAPPED);
	touch(pages, PAGES_MAPPED);
	check(syscall(SYS_munmap, pages, PAGES_MAPPED * page_bytes), "munmap");
	for (int i = 0; i < CALLS_MREMAP; i++)
		check(syscall(SYS_mremap, moving, page_bytes, page_bytes, 0, 0), "mremap");
	for (int i = 0; i < CALLS_BRK; i++)
		check(syscall(SYS_brk, 0), "brk");
}

static void do_rounds(char *area, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		do_round(area, area + PAGES_DONTNEED * page_bytes);
}

/* One round first, so that code, stack and page tables cause no fault in the phase. */
static void *run_thread(void *unused)
{
	char *area = map(PAGES_DONTNEED + 1);

	touch(area + PAGES_DONTNEED * page_bytes, 1);
	do_rounds(area, 1);
	pthread_barrier_wait(&warm);
	pthread_barrier_wait(&phase_begin);
	do_rounds(area, round_count);
	pthread_barrier_wait(&phase_end);
	/*
	 * Ends with the process: libc gives back the stack of a thread that ends by itself. And waits by a
	 * call that was made before, since the first call of another would fault while the phase lasts.
	 */
	pthread_barrier_wait(&never);
	return unused;
}

static void run_forks(void)
{
	for (unsigned long i = 0; i < fork_count; i++) {
		pid_t pid = fork();
		int status;

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			do_rounds(map(PAGES_DONTNEED + 1), round_count);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			errx(1, "a child failed");
	}
}

static void announce(const char *what)
{
	char answer;

	if (sync_fd >= 0 && (write(sync_fd, what, 2) != 2 || read(sync_fd, &answer, 1) != 1))
		errx(1, "nobody listens at the sync descriptor");
}

static void expect(FILE *out, const char *metric, unsigned long per_round)
{
	unsigned long warm_up = sync_fd < 0 ? thread_count : 0;

	fprintf(out, "%s %lu\n", metric,
		per_round * ((thread_count + fork_count) * round_count + warm_up));
}

static void expect_bytes(FILE *out)
{
	unsigned long page = (unsigned long)page_bytes;

	expect(out, "madvise_dontneed_bytes", CALLS_DONTNEED * PAGES_DONTNEED * page);
	expect(out, "madvise_free_bytes", CALLS_FREE * page);
	expect(out, "mremap_bytes", CALLS_MREMAP * page);
	if (sync_fd < 0)
		return;
	fprintf(out, "mmap_bytes %lu\n",
		((thread_count + fork_count) * round_count * PAGES_MAPPED +
		 fork_count * (PAGES_DONTNEED + 1)) *
			page);
	expect(out, "munmap_bytes", CALLS_MUNMAP * PAGES_MAPPED * page);
	expect(out, "brk_bytes", 0); /* questions alone */
}

static void print_expectations(FILE *out)
{
	if (with_bytes)
		expect_bytes(out);
	expect(out, "madvise_dontneed_calls", CALLS_DONTNEED);
	expect(out, "madvise_free_calls", CALLS_FREE);
	expect(out, "mremap_calls", CALLS_MREMAP);
	if (sync_fd < 0)
		return;
	/* A forked child maps its own area. */
	fprintf(out, "mmap_calls %lu\n",
		CALLS_MMAP * (thread_count + fork_count) * round_count + fork_count);
	expect(out, "munmap_calls", CALLS_MUNMAP);
	expect(out, "brk_calls", CALLS_BRK);
	/* A fork makes the parent's pages fault again, by a number that nobody knows. */
	if (!fork_count) {
		expect(out, "minor_faults", PAGES_DONTNEED + PAGES_MAPPED);
		fputs("major_faults 0\n", out);
	}
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
	FILE *out = stdout;
	int option;

	while ((option = getopt(argc, argv, "bs:e:t:f:n:")) != -1) {
		switch (option) {
		case 'b':
			with_bytes = true;
			break;
		case 's':
			sync_fd = (int)number(optarg);
			break;
		case 't':
			thread_count = number(optarg);
			break;
		case 'f':
			fork_count = number(optarg);
			break;
		case 'n':
			round_count = number(optarg);
			break;
		case 'e':
			out = fopen(optarg, "we");
			if (!out)
				err(1, "%s", optarg);
			break;
		default:
			return 2;
		}
	}
	page_bytes = sysconf(_SC_PAGESIZE);
	/* A huge page would make one fault of many. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	print_expectations(out);
	fclose(out);

	pthread_barrier_init(&warm, NULL, (unsigned int)thread_count + 1);
	pthread_barrier_init(&phase_begin, NULL, (unsigned int)thread_count + 1);
	pthread_barrier_init(&phase_end, NULL, (unsigned int)thread_count + 1);
	pthread_barrier_init(&never, NULL, (unsigned int)thread_count + 1);
	for (unsigned long i = 0; i < thread_count; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run_thread, NULL))
			errx(1, "cannot start a thread");
	}
	pthread_barrier_wait(&warm);
	announce("B\n");
	pthread_barrier_wait(&phase_begin);
	run_forks();
	pthread_barrier_wait(&phase_end);
	announce("E\n");
	_exit(0);
}
