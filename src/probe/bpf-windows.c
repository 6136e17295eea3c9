/* SPDX-License-Identifier: MIT */
/*
 * Opens and shuts the windows of time in which faults are timed, since the software event at their
 * end costs each fault something. The first opens at the start, so that short runs have one too.
 * A window in which faults are so few that this is next to nothing is followed by another at once: so
 * the few faults of a program that takes huge pages are all timed, and they may be a thousand times
 * as long as the others. Elsewhere windows become rarer as the run gets longer, down to an eighth of
 * the time; each is weighted by the time since the one before it, which it also represents.
 */
#include <linux/perf_event.h>

#include "base/array.h"
#include "base/clock.h"
#include "base/units.h"
#include "bpf/tax.h"
#include "bpf/tax.skel.h"
#include "probe/bpf-internal.h"

#define WINDOW_NS (10 * NS_PER_MS)
#define MAX_GAP 7 /* on average, of the window's own length */

/* What the event takes of a fault, on one virtual machine (benchmarks/overhead); and what it may take of the time. */
#define EVENT_NS 100
#define EVENT_PART 200

static void set_weight(struct tax_session *session, uint64_t weight)
{
	__atomic_store_n(&session->skeleton->bss->fault_weight, (uint32_t)weight, __ATOMIC_SEQ_CST);
}

static void look_at_clock(struct tax_windows *windows)
{
	uint64_t now_ns = clock_now_ns(&clock_real);

	if (windows->last_ns)
		windows->now_ns += now_ns - windows->last_ns;
	windows->last_ns = now_ns;
}

/* The weight of the window that opens now: the time it represents, in lengths of the last one. */
static uint64_t weight(const struct tax_windows *windows)
{
	uint64_t gap_ns = windows->now_ns - windows->change_ns;

	return windows->number ? 1 + (gap_ns + windows->length_ns / 2) / windows->length_ns : 1;
}

static void begin(struct tax_session *session)
{
	struct tax_windows *windows = &session->windows;

	windows->weight = (uint32_t)weight(windows);
	set_weight(session, windows->weight);
	windows->change_ns = windows->now_ns;
	windows->due_ns = windows->now_ns + WINDOW_NS;
}

int tax_windows_open(struct tax_session *session, struct error *err)
{
	struct tax_windows *windows = &session->windows;
	int r = tax_attach_event(&windows->events, session->skeleton->progs.on_minor_end,
				 PERF_COUNT_SW_PAGE_FAULTS_MIN, 1, err);

	if (r < 0) {
		tax_detach_links(&windows->events);
		return r;
	}
	begin(session);
	return 0;
}

/* Multiples of 2^32 over the golden ratio are spread evenly for any rhythm of the program. */
static uint64_t choose_gap_ns(struct tax_windows *windows)
{
	uint64_t part = ++windows->number * 2654435769u >> 16;
	uint64_t mean_ns = windows->length_ns * MAX_GAP;

	if (mean_ns > windows->now_ns / 2)
		mean_ns = windows->now_ns / 2;
	return (2 * mean_ns >> 16) * part;
}

/* What faults write meanwhile goes to the next window. Returns how many small faults were timed in this one. */
static uint64_t keep_sum(struct tax_session *session)
{
	struct tax_windows *windows = &session->windows;
	struct tax_window *window = &session->skeleton->bss->window;
	uint64_t faults = __atomic_exchange_n(&window->faults, 0, __ATOMIC_RELAXED);
	uint64_t cpu_ns = __atomic_exchange_n(&window->cpu_ns, 0, __ATOMIC_RELAXED);
	struct tax_window_sum *last =
		windows->sum_count ? &windows->sums[windows->sum_count - 1] : NULL;

	if (!faults)
		return 0;
	/* Without a gap between them they are as one: a look that lasts a day has as few of them as one of a minute. */
	if (!last || last->weight != 1 || windows->weight != 1) {
		last = ARRAY_PUSH(windows->sums, windows->sum_count, windows->sum_alloc);
		*last = (struct tax_window_sum){ .weight = windows->weight };
	}
	last->faults += (double)faults;
	last->cpu_ns += (double)cpu_ns;
	return faults;
}

/* Shuts the window that is due, or lets the next one follow at once. */
static void end(struct tax_session *session)
{
	struct tax_windows *windows = &session->windows;
	uint64_t faults = keep_sum(session) * session->period;

	windows->length_ns = windows->now_ns - windows->change_ns;
	windows->change_ns = windows->now_ns;
	if (faults * EVENT_NS * EVENT_PART <= windows->length_ns) {
		begin(session);
		return;
	}
	set_weight(session, 0);
	tax_detach_links(&windows->events);
	windows->due_ns = windows->now_ns + choose_gap_ns(windows);
}

void tax_windows_run(struct tax_session *session, bool on)
{
	struct tax_windows *windows = &session->windows;

	if (windows->running)
		look_at_clock(windows);
	windows->running = on;
	windows->last_ns = 0;
}

/* If the next window cannot be opened, the former ones represent the rest of the run. */
void tax_windows_tick(struct tax_session *session)
{
	struct tax_windows *windows = &session->windows;

	if (!session->period || !windows->running)
		return;
	look_at_clock(windows);
	if (windows->now_ns < windows->due_ns)
		return;
	if (windows->events.count)
		end(session);
	else if (tax_windows_open(session, NULL) < 0)
		session->period = 0;
}

void tax_windows_close(struct tax_session *session)
{
	tax_windows_run(session, false);
	if (session->skeleton)
		set_weight(session, 0);
	tax_detach_links(&session->windows.events);
	if (session->skeleton)
		(void)keep_sum(session);
}
