/* SPDX-License-Identifier: MIT */
/*
 * Causes page faults of which it knows the exact number and the reason, and prints both, as lines
 * "metric value" or, where libc and the kernel add a few of their own, "metric low high".
 *
 *   known-faults [-s FD] [-e FILE] [-t THREADS] [-n ROUNDS] [-p PAGES] SCENARIO
 *
 * Each thread does ROUNDS rounds of the scenario on PAGES pages of its own, after one round that is not
 * counted. With -s it announces its measured phase on that descriptor, as madvisor-workload does; what it
 * prints is what the phase must cause.
 */
#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CHUNK_PAGES = 512, EXPECTATIONS = 4, SLACK_FORK = 40 };

/* A place of a thread's own: two areas of that many pages, and room for answers. */
struct place {
	char *first;
	char *second;
	unsigned char *resident;
	unsigned long gone;   /* pages that mincore said were not there */
	unsigned long whole;  /* faults it took to touch the first area after a purge of it all */
	unsigned long faults; /* and together with those after a purge of a part */
};

struct scenario {
	const char *name;
	void (*prepare)(struct place *place); /* optional */
	void (*round)(struct place *place);
	bool alone; /* it can have one thread only */
	struct {
		const char *metric;
		double per_page; /* in a round */
		unsigned long slack;
	} expected[EXPECTATIONS];
};

static long page_bytes;
static unsigned long pages = 100, thread_count = 1, round_count = 100;
static unsigned long mended_before; /* huge pages, before the measured phase */
static int sync_fd = -1;
static const struct scenario *scenario;
static struct place *places;
static pthread_barrier_t mapped, warm, phase_begin, phase_end, never;

static size_t bytes_of(unsigned long count)
{
	return count * (size_t)page_bytes;
}

static void check(long result, const char *what)
{
	if (result == -1)
		err(1, "%s", what);
}

static char *map(void *address, unsigned long count, int flags)
{
	long result = syscall(SYS_mmap, address, bytes_of(count), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);

	check(result, "mmap");
	return (char *)result;
}

static void unmap(char *area, unsigned long count)
{
	check(syscall(SYS_munmap, area, bytes_of(count)), "munmap");
}

static void advise(char *area, unsigned long count, int advice)
{
	check(syscall(SYS_madvise, area, bytes_of(count), advice), "madvise");
}

static char *remap(char *area, unsigned long old_count, unsigned long count, char *to)
{
	long result = syscall(SYS_mremap, area, bytes_of(old_count), bytes_of(count),
			      to ? MREMAP_MAYMOVE | MREMAP_FIXED : 0, to);

	check(result, "mremap");
	return (char *)result;
}

static void write_pages(volatile char *area, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		area[bytes_of(i)] = 1;
}

static void read_pages(volatile const char *area, unsigned long count)
{
	for (unsigned long i = 0; i < count; i++)
		(void)area[bytes_of(i)];
}

static void do_dontneed(struct place *place)
{
	write_pages(place->first, pages);
	advise(place->first, pages, MADV_DONTNEED);
}

static void prepare_munmap(struct place *place)
{
	unmap(place->first, pages);
}

static void do_munmap(struct place *place)
{
	map(place->first, pages, MAP_FIXED);
	write_pages(place->first, pages);
	unmap(place->first, pages);
}

static void prepare_brk(struct place *place)
{
	size_t now = (size_t)syscall(SYS_brk, 0);

	place->first = (char *)((now + bytes_of(1) - 1) & ~(bytes_of(1) - 1));
}

static void do_brk(struct place *place)
{
	char *end = place->first + bytes_of(pages);

	if ((char *)syscall(SYS_brk, end) != end)
		errx(1, "brk");
	write_pages(place->first, pages);
	if ((char *)syscall(SYS_brk, place->first) != place->first)
		errx(1, "brk");
}

static void do_overmap(struct place *place)
{
	map(place->first, pages, MAP_FIXED);
	write_pages(place->first, pages);
}

static void do_shrink(struct place *place)
{
	write_pages(place->first, pages);
	remap(place->first, pages, pages / 2, NULL);
	remap(place->first, pages / 2, pages, NULL);
}

/* Moved pages do not fault and keep their history; what was said of the place that they take is said of theirs. */
static void prepare_move(struct place *place)
{
	write_pages(place->second, pages);
	unmap(place->second, pages);
}

static void do_move(struct place *place)
{
	write_pages(place->first, pages);
	remap(place->first, pages, pages, place->second);
	write_pages(place->second, pages);
	advise(place->second, pages, MADV_DONTNEED);
	write_pages(place->second, pages);
	remap(place->second, pages, pages, place->first);
	write_pages(place->first, pages);
	map(place->second, pages, MAP_FIXED);
	write_pages(place->second, pages);
	unmap(place->second, pages);
}

/* Populated pages do not fault, but were there when they are taken away. */
static void do_populate(struct place *place)
{
	map(place->first, pages, MAP_FIXED | MAP_POPULATE);
	write_pages(place->first, pages);
	unmap(place->first, pages);
	map(place->first, pages, MAP_FIXED);
	write_pages(place->first, pages);
	unmap(place->first, pages);
}

/* Locking brings pages without a fault, too. */
static void do_lock(struct place *place)
{
	map(place->first, pages, MAP_FIXED);
	if (mlock(place->first, bytes_of(pages)) < 0)
		exit(77);
	write_pages(place->first, pages);
	unmap(place->first, pages);
	map(place->first, pages, MAP_FIXED);
	write_pages(place->first, pages);
	unmap(place->first, pages);
}

/* Reading gets the zero page, and the write after it a page. */
static void do_zero(struct place *place)
{
	read_pages(place->first, pages);
	write_pages(place->first, pages);
	advise(place->first, pages, MADV_DONTNEED);
}

/* Without pressure the pages stay. */
static void do_free(struct place *place)
{
	write_pages(place->first, pages);
	advise(place->first, pages, MADV_FREE);
	write_pages(place->first, pages);
}

/* What the kernel reclaimed is what mincore does not find. */
static void do_reclaim(struct place *place)
{
	write_pages(place->first, pages);
	advise(place->first, pages, MADV_FREE);
	advise(place->first, pages, MADV_PAGEOUT);
	check(syscall(SYS_mincore, place->first, bytes_of(pages), place->resident), "mincore");
	for (unsigned long i = 0; i < pages; i++)
		place->gone += !(place->resident[i] & 1);
	write_pages(place->first, pages);
}

static void wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "a child failed");
}

/* Both write what they share, the child first. */
static void do_fork(struct place *place)
{
	pid_t pid = fork();

	check(pid, "fork");
	if (pid == 0) {
		write_pages(place->first, pages);
		_exit(0);
	}
	wait_for(pid);
	write_pages(place->first, pages);
}

/* The child has the parent's own memory. */
static void do_vfork(struct place *place)
{
	pid_t pid;

	advise(place->first, pages, MADV_DONTNEED);
	pid = vfork();
	check(pid, "vfork");
	if (pid == 0) {
		write_pages(place->first, pages);
		_exit(0);
	}
	wait_for(pid);
	write_pages(place->first, pages);
}

static unsigned long faults_so_far(void)
{
	struct rusage usage;

	getrusage(RUSAGE_THREAD, &usage);
	return (unsigned long)usage.ru_minflt;
}

static void prepare_huge(struct place *place)
{
	size_t align = bytes_of(CHUNK_PAGES);

	place->first = (char *)(((size_t)place->first + align - 1) & ~(align - 1));
	advise(place->first, pages, MADV_HUGEPAGE);
}

/* How many huge pages the kernel's own thread (khugepaged) has mended since boot, of whatever program. */
static unsigned long mended_so_far(void)
{
	FILE *in = fopen("/proc/vmstat", "re");
	unsigned long count = 0, value;
	char name[64];

	if (!in)
		err(1, "/proc/vmstat");
	while (fscanf(in, "%63s %lu", name, &value) == 2)
		if (!strcmp(name, "thp_collapse_alloc"))
			count = value;
	fclose(in);
	return count;
}

/*
 * Huge pages come whole, go whole, and are torn where a part of them goes. khugepaged may mend one at any
 * time, and then some pages of that part need no fault: so they are counted.
 */
static void do_huge(struct place *place)
{
	unsigned long before = faults_so_far();

	write_pages(place->first, pages);
	place->whole += faults_so_far() - before;
	for (unsigned long i = 0; i < pages; i += CHUNK_PAGES)
		advise(place->first + bytes_of(i + CHUNK_PAGES / 2), CHUNK_PAGES / 2,
		       MADV_DONTNEED);
	write_pages(place->first, pages);
	place->faults += faults_so_far() - before;
	advise(place->first, pages, MADV_DONTNEED);
}

static const struct scenario scenarios[] = {
	{ "dontneed", NULL, do_dontneed, false, { { "refaults_dontneed", 1, 0 } } },
	{ "munmap", prepare_munmap, do_munmap, false, { { "refaults_munmap", 1, 0 } } },
	{ "brk", prepare_brk, do_brk, true, { { "refaults_brk", 1, 0 } } },
	{ "overmap", NULL, do_overmap, false, { { "refaults_mmap", 1, 0 } } },
	{ "shrink", NULL, do_shrink, false, { { "refaults_mremap", 0.5, 0 } } },
	{ "move",
	  prepare_move,
	  do_move,
	  false,
	  { { "refaults_dontneed", 1, 0 }, { "refaults_munmap", 1, 0 } } },
	{ "populate", prepare_munmap, do_populate, false, { { "refaults_munmap", 1, 0 } } },
	{ "lock", prepare_munmap, do_lock, false, { { "refaults_munmap", 1, 0 } } },
	{ "zero",
	  NULL,
	  do_zero,
	  false,
	  { { "refaults_dontneed", 1, 0 }, { "repeat_faults", 1, 0 } } },
	{ "free", NULL, do_free, false, { { "refaults_free", 0, 0 } } },
	{ "reclaim", NULL, do_reclaim, false, { { NULL, 0, 0 } } },
	{ "fork", NULL, do_fork, true, { { "cow_faults", 2, SLACK_FORK } } },
	{ "vfork", NULL, do_vfork, true, { { "refaults_dontneed", 1, 0 } } },
	{ "huge", prepare_huge, do_huge, false, { { NULL, 0, 0 } } },
};

static void *run_thread(void *argument)
{
	struct place *place = argument;

	place->first = map(NULL, 2 * pages, 0);
	place->second = place->first + bytes_of(pages);
	place->resident = (unsigned char *)map(NULL, pages, MAP_POPULATE);
	/* What one gives back must not become another's. */
	pthread_barrier_wait(&mapped);
	if (scenario->prepare)
		scenario->prepare(place);
	scenario->round(place);
	place->gone = place->whole = place->faults = 0;
	pthread_barrier_wait(&warm);
	pthread_barrier_wait(&phase_begin);
	for (unsigned long i = 0; i < round_count; i++)
		scenario->round(place);
	pthread_barrier_wait(&phase_end);
	/* Ends with the process, as in known-calls.c. */
	pthread_barrier_wait(&never);
	return NULL;
}

static void announce(const char *what)
{
	char answer;

	if (sync_fd >= 0 && (write(sync_fd, what, 2) != 2 || read(sync_fd, &answer, 1) != 1))
		errx(1, "nobody listens at the sync descriptor");
}

static void expect(FILE *out, const char *metric, unsigned long count, unsigned long slack)
{
	fprintf(out, "%s %lu", metric, count);
	if (slack)
		fprintf(out, " %lu", count + slack);
	fputc('\n', out);
}

static void print_reclaimed(FILE *out)
{
	unsigned long gone = 0;

	for (unsigned long i = 0; i < thread_count; i++)
		gone += places[i].gone;
	if (!gone)
		errx(77, "the kernel reclaims nothing here");
	expect(out, "refaults_free", gone, 0);
}

static void print_huge(FILE *out)
{
	unsigned long chunks = thread_count * round_count * (pages / CHUNK_PAGES);
	unsigned long mended = mended_so_far() - mended_before, whole = 0, faults = 0;

	for (unsigned long i = 0; i < thread_count; i++) {
		whole += places[i].whole;
		faults += places[i].faults;
	}
	if (whole == chunks * CHUNK_PAGES)
		errx(77, "the kernel gives no huge pages here");
	/* Who touches a page that is just being moved into a huge one faults, though nobody gave it back. */
	if (mended > faults)
		mended = faults;
	expect(out, "refaults_dontneed", faults - mended, mended);
}

static void print_expectations(FILE *out)
{
	unsigned long rounds = thread_count * round_count;

	if (scenario->round == do_reclaim)
		print_reclaimed(out);
	if (scenario->round == do_huge)
		print_huge(out);
	for (int i = 0; i < EXPECTATIONS && scenario->expected[i].metric; i++) {
		double per_round = scenario->expected[i].per_page * (double)pages;

		expect(out, scenario->expected[i].metric, rounds * (unsigned long)per_round,
		       rounds * scenario->expected[i].slack);
	}
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end || end == text || !value)
		errx(2, "not a number above 0: %s", text);
	return value;
}

static void choose(const char *name)
{
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(*scenarios); i++)
		if (!strcmp(scenarios[i].name, name))
			scenario = &scenarios[i];
	if (!scenario || (scenario->alone && thread_count > 1))
		errx(2, "there is no scenario %s for %lu threads", name, thread_count);
	if (scenario->round == do_huge)
		pages = (pages + CHUNK_PAGES - 1) / CHUNK_PAGES * CHUNK_PAGES;
	else
		prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

static void start_threads(void)
{
	unsigned int waiting = (unsigned int)thread_count + 1;

	places = calloc(thread_count, sizeof(*places));
	if (!places)
		err(1, "calloc");
	pthread_barrier_init(&mapped, NULL, waiting - 1);
	pthread_barrier_init(&warm, NULL, waiting);
	pthread_barrier_init(&phase_begin, NULL, waiting);
	pthread_barrier_init(&phase_end, NULL, waiting);
	pthread_barrier_init(&never, NULL, waiting);
	for (unsigned long i = 0; i < thread_count; i++) {
		pthread_t thread;

		if (pthread_create(&thread, NULL, run_thread, &places[i]))
			errx(1, "cannot start a thread");
	}
}

int main(int argc, char **argv)
{
	FILE *out = stdout;
	int option;

	while ((option = getopt(argc, argv, "s:e:t:n:p:")) != -1) {
		switch (option) {
		case 's':
			sync_fd = (int)number(optarg);
			break;
		case 't':
			thread_count = number(optarg);
			break;
		case 'n':
			round_count = number(optarg);
			break;
		case 'p':
			pages = number(optarg);
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
	if (optind + 1 != argc)
		errx(2, "usage: known-faults [-s FD] [-e FILE] [-t N] [-n N] [-p N] SCENARIO");
	page_bytes = sysconf(_SC_PAGESIZE);
	choose(argv[optind]);
	start_threads();
	pthread_barrier_wait(&warm);
	mended_before = mended_so_far();
	announce("B\n");
	pthread_barrier_wait(&phase_begin);
	pthread_barrier_wait(&phase_end);
	announce("E\n");
	print_expectations(out);
	fclose(out);
	_exit(0);
}
