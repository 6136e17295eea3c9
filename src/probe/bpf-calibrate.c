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

/* Of the mean times of batches: the lower quartile, which interruptions do not reach, and half the way to the median. */
struct quickest {
	double ns;
	double spread_ns;
};

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct quickest quickest_of(double *means, size_t count)
{
	qsort(means, count, sizeof(*means), compare);
	return (struct quickest){
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
static bool measure(const struct tax_calibration *between, struct quickest *ret)
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
	*ret = count ? quickest_of(means, count) : (struct quickest){ .ns = 0 };
	return count == BATCHES;
}

void tax_calibrate_before(struct tax_session *session)
{
	struct quickest whole;

	session->outside = (struct tax_outside){ .ns = 0 };
	session->whole_known = session->period && measure(NULL, &whole);
	if (session->whole_known) {
		session->outside.ns = whole.ns;
		session->outside.error_ns = whole.spread_ns;
	}
}

void tax_calibrate_after(struct tax_session *session)
{
	struct tax_calibration *between = &session->skeleton->bss->calibration;
	struct quickest inside;

	if (!session->whole_known)
		return;
	*between = (struct tax_calibration){ .tid = (uint32_t)syscall(SYS_gettid) };
	bool known = measure(between, &inside);
	__atomic_store_n(&between->tid, 0, __ATOMIC_SEQ_CST);
	session->outside = known ? (struct tax_outside){ .ns = session->outside.ns - inside.ns,
							 .error_ns = session->outside.error_ns +
								     inside.spread_ns }
				 : (struct tax_outside){ .ns = 0 };
}
