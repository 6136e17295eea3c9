/* SPDX-License-Identifier: MIT */
/*
 * Measures what a page fault takes beyond the time between the two hooks that time it: the exception's entry and exit lie
 * outside, the way to the second hook lies inside. This thread touches pages before the programs are attached, when its own
 * clock tells the whole of a fault, and again while they are, when they tell what lies between. It reads fresh pages, which the
 * kernel answers with its page of zeroes: the quickest fault that there is, so that little hides the difference.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/xalloc.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

enum {
	BATCHES = 25,
	FAULTS = 128, /* in each of them */
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Of the mean times of batches. */
static struct tax_quickest quickest_of(double *means, size_t count)
{
	qsort(means, count, sizeof(*means), compare);
	return (struct tax_quickest){
		.ns = means[count / 4],
		.spread_ns = (means[count / 2] - means[count / 4]) / 2,
	};
}

static uint64_t touch_ns(const volatile char *pages, size_t page_bytes)
{
	uint64_t begin_ns = clock_now_ns(&clock_real);

	for (size_t i = 0; i < FAULTS; i++)
		(void)pages[i * page_bytes];
	return clock_now_ns(&clock_real) - begin_ns;
}

/* Mean time of a fault, by this thread's clock or between the hooks. False where it cannot be measured. */
static bool measure(const struct tax_calibration *between, struct tax_quickest *ret)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE), bytes = FAULTS * page_bytes, count = 0;
	char *pages = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	double means[BATCHES];

	if (pages == MAP_FAILED)
		return false;
	madvise(pages, bytes, MADV_NOHUGEPAGE);
	for (int i = 0; i < BATCHES; i++) {
		uint64_t ns = between ? between->ns : 0, faults = between ? between->faults : 0;
		uint64_t whole_ns = touch_ns(pages, page_bytes);

		if (!between)
			means[count++] = (double)whole_ns / FAULTS;
		else if (between->faults > faults)
			means[count++] =
				(double)(between->ns - ns) / (double)(between->faults - faults);
		if (madvise(pages, bytes, MADV_DONTNEED) < 0)
			break;
	}
	munmap(pages, bytes);
	*ret = count ? quickest_of(means, count) : (struct tax_quickest){ .ns = 0 };
	return count == BATCHES;
}

void tax_calibrate_before(struct tax_session *session)
{
	session->outside = (struct tax_outside){ .ns = 0 };
	session->whole_known = session->period && measure(NULL, &session->whole);
}

/*
 * The machine may be faster at one of the two moments than at the other: of 24 trials on a shared virtual machine 20 were within a
 * tenth of a fault of their median. A difference that no way into the kernel and out of it can take is such a change, and tells nothing.
 */
static struct tax_outside difference(const struct tax_quickest *whole,
				     const struct tax_quickest *inside)
{
	double ns = whole->ns - inside->ns;

	if (ns < 0 || ns > whole->ns / 4)
		return (struct tax_outside){ .ns = 0, .error_ns = whole->ns / 4 };
	return (struct tax_outside){
		.ns = ns,
		.error_ns = whole->ns / 10 + whole->spread_ns + inside->spread_ns,
	};
}

void tax_calibrate_after(struct tax_session *session)
{
	struct tax_calibration *between = &session->skeleton->bss->calibration;
	struct tax_quickest inside;

	if (!session->whole_known)
		return;
	*between = (struct tax_calibration){ .tid = (uint32_t)syscall(SYS_gettid) };
	if (measure(between, &inside))
		session->outside = difference(&session->whole, &inside);
	__atomic_store_n(&between->tid, 0, __ATOMIC_SEQ_CST);
}
