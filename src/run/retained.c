/* SPDX-License-Identifier: MIT */
#include "run/retained.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/rights.h"
#include "base/rootfs.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "proc/proc.h"

/* The first look soon, as commands may be short; later ones at most 1/COST_PART of the time. */
#define FIRST_NS (50 * NS_PER_MS)
#define PERIOD_NS (250 * NS_PER_MS)
#define COST_PART 20
/* A look with this much less memory is worth as much as a doubtful one. */
#define NEARLY 1.1
/* Counts in a document are exact to here; larger thresholds mean "never". */
#define MOST_EXACT 0x1p53
/* The header of a chunk, which is not the program's (malloc/malloc.c: SIZE_SZ). */
#define HEADER_BYTES 8
/* The least part of what is held that a size must hold to be a row. */
#define SIZE_PART 0.01

static int look_at(pid_t pid, struct memory_look *ret, struct error *err)
{
	struct proc proc = PROC_INIT;
	int r = proc_open(&rootfs_real, pid, &proc);

	if (r < 0)
		return error_set(err, ERROR_TARGET, -r, "process %d is gone", (int)pid);
	/* The descriptors are opened with madvisor's rights; reading them needs none. */
	r = memory_look(&proc, &rights_nobody, ret, err);
	proc_close(&proc);
	return r;
}

static double or_unknown(uint64_t value)
{
	return (double)value < MOST_EXACT ? (double)value : NAN;
}

static int compare_held(const void *a, const void *b)
{
	const struct retained_size *x = a, *y = b;

	if (x->held_bytes != y->held_bytes)
		return x->held_bytes < y->held_bytes ? 1 : -1;
	return x->block_bytes < y->block_bytes ? -1 : 1;
}

static void fill_sizes(struct retained *retained, const struct glibc_heap *heap)
{
	struct retained_size all[GLIBC_CLASSES];
	size_t count = 0;

	for (size_t i = 0; i < GLIBC_CLASSES; i++) {
		const struct glibc_class *class = &heap->classes[i];

		if (!class->held_bytes ||
		    (double)class->held_bytes < SIZE_PART * (double)heap->held_bytes)
			continue;
		all[count++] = (struct retained_size){
			.block_bytes = (double)glibc_class_bytes(i) - HEADER_BYTES,
			.live_blocks = (double)class->live,
			.live_bytes = (double)class->live_bytes,
			.cached_blocks = (double)class->cached,
			.free_bytes = (double)class->free_bytes,
			.held_bytes = (double)class->held_bytes,
		};
	}
	qsort(all, count, sizeof(all[0]), compare_held);
	retained->size_count = count < RETAINED_SIZES_MAX ? count : RETAINED_SIZES_MAX;
	memcpy(retained->sizes, all, retained->size_count * sizeof(all[0]));
}

static void fill_heap(struct retained *retained, const struct glibc_heap *heap)
{
	double *value = retained->value;

	value[RETAINED_ARENAS] = (double)heap->arenas;
	value[RETAINED_IDLE_ARENAS] = (double)heap->idle_arenas;
	value[RETAINED_TAKEN] = (double)heap->system_bytes;
	value[RETAINED_LIVE_BLOCKS] = (double)heap->live;
	value[RETAINED_LIVE] = (double)heap->live_bytes;
	value[RETAINED_CACHES] = (double)heap->tcaches;
	value[RETAINED_CACHED] = (double)heap->tcache_bytes;
	value[RETAINED_FREE] = (double)heap->free_bytes;
	value[RETAINED_FASTBIN] = (double)heap->fastbin_bytes;
	value[RETAINED_TOP] = (double)heap->top_bytes;
	value[RETAINED_RESIDENT_FREE] = (double)heap->resident_free_bytes;
	value[RETAINED_TRIM] = (double)heap->trim_bytes;
	value[RETAINED_KEPT_TOP] = (double)heap->other_top_bytes;
	value[RETAINED_LARGE] = (double)heap->large_bytes;
	value[RETAINED_HELD] = (double)heap->held_bytes;
	value[RETAINED_SECONDARY] = (double)heap->secondary_bytes;
	value[RETAINED_IDLE_ARENA] = (double)heap->idle_arena_bytes;
	if (heap->has_parameters) {
		value[RETAINED_MAPPED_BLOCKS] = (double)heap->mmapped;
		value[RETAINED_MAPPED] = (double)heap->mmapped_bytes;
		value[RETAINED_MMAP_THRESHOLD] = or_unknown(heap->mmap_threshold);
		value[RETAINED_TRIM_THRESHOLD] = or_unknown(heap->trim_threshold);
		retained->thresholds_fixed = !heap->has_dynamic_threshold;
	}
	fill_sizes(retained, heap);
}

void retained_from_look(struct retained *retained, const struct memory_look *look)
{
	_cleanup_strbuf_ struct strbuf doubt = STRBUF_INIT;
	const struct memory_kinds *kinds = &look->kinds;
	double *value = retained->value;

	value[RETAINED_RESIDENT] = (double)kinds->all_resident_bytes;
	value[RETAINED_BRK] = (double)kinds->resident_bytes[MEMORY_BRK];
	value[RETAINED_ANONYMOUS] = (double)kinds->resident_bytes[MEMORY_ANONYMOUS];
	value[RETAINED_STACK] = (double)kinds->resident_bytes[MEMORY_STACK];
	value[RETAINED_FILE] = (double)kinds->resident_bytes[MEMORY_FILE];
	value[RETAINED_SHARED] = (double)kinds->resident_bytes[MEMORY_SHARED];
	value[RETAINED_LAZY] = (double)kinds->lazy_bytes;
	value[RETAINED_HUGE] = (double)kinds->huge_bytes;
	value[RETAINED_SWAPPED] = (double)kinds->swapped_bytes;
	memory_look_doubt(look, &doubt);
	if (look->state == HEAP_READ) {
		fill_heap(retained, &look->heap);
		retained->allocator = xstrdup("glibc");
		retained->doubt = doubt.len ? strbuf_detach(&doubt) : NULL;
	} else if (look->state == HEAP_NOT_FOUND) {
		retained->unknown =
			xstrdup("glibc's allocator holds nothing in it; what another one keeps "
				"free, it tells the program alone; `madvisor explain --retained "
				"-- COMMAND` asks it from within, where it can");
	} else {
		retained->unknown = strbuf_detach(&doubt);
	}
}

static void *look_main(void *argument)
{
	struct retained_watch *watch = argument;
	struct error err = ERROR_INIT;

	watch->failed = look_at(watch->now.pid, &watch->now.look, &err);
	if (watch->failed < 0) {
		free(watch->why);
		watch->why = xstrdup(err.message ? err.message : strerror(-watch->failed));
	}
	error_release(&err);
	atomic_store(&watch->done, true);
	return NULL;
}

static bool is_doubtful(const struct retained_look *look)
{
	_cleanup_strbuf_ struct strbuf doubt = STRBUF_INIT;

	memory_look_doubt(&look->look, &doubt);
	return doubt.len;
}

/* A heap that changes while it is read is told of only where there was no good look at nearly as much. */
static bool is_above_peak(const struct retained_look *now, const struct retained_look *peak)
{
	double now_bytes = (double)now->look.kinds.all_resident_bytes;
	double peak_bytes = (double)peak->look.kinds.all_resident_bytes;
	bool doubt = is_doubtful(now);

	if (!peak->taken || doubt == is_doubtful(peak))
		return !peak->taken || now_bytes >= peak_bytes;
	return doubt ? now_bytes > NEARLY * peak_bytes : now_bytes * NEARLY > peak_bytes;
}

/* Takes a finished look in. */
static void take(struct retained_watch *watch, uint64_t now_ns)
{
	/* A wait for a CPU on a busy machine does not count as cost. */
	uint64_t took_ns = watch->failed < 0 ? 0 : watch->now.look.took_ns;
	uint64_t pause_ns = took_ns * COST_PART > PERIOD_NS ? took_ns * COST_PART : PERIOD_NS;

	pthread_join(watch->thread, NULL);
	watch->running = false;
	watch->next_ns = now_ns + pause_ns;
	/* One that has lost its memory is at its end. */
	if (watch->failed < 0 || !watch->now.look.kinds.all_resident_bytes)
		return;
	watch->now.taken = true;
	watch->looks++;
	watch->last = watch->now;
	if (is_above_peak(&watch->now, &watch->peak))
		watch->peak = watch->now;
}

void retained_watch_tick(struct retained_watch *watch, pid_t pid, uint64_t now_ns)
{
	if (!watch->began_ns) {
		watch->began_ns = now_ns;
		watch->next_ns = now_ns + FIRST_NS;
	}
	if (watch->running && !atomic_load(&watch->done))
		return;
	if (watch->running)
		take(watch, now_ns);
	if (pid <= 0 || now_ns < watch->next_ns)
		return;
	watch->now.pid = pid;
	watch->now.after_ns = (double)(now_ns - watch->began_ns);
	atomic_store(&watch->done, false);
	watch->running = pthread_create(&watch->thread, NULL, look_main, watch) == 0;
}

static double at_least_0(double value)
{
	return value < 0 ? 0 : value;
}

static void fill_retention(struct retained *retained, const struct retention *retention)
{
	double *value = retained->value;

	retained->allocator = xstrdup(retention->allocator);
	retained->pid = retention->pid;
	value[RETAINED_RESIDENT] = retention->resident;
	value[RETAINED_TAKEN] = retention->taken;
	value[RETAINED_LIVE] = retention->live;
	value[RETAINED_TRIM] = retention->freeable;
	value[RETAINED_CACHED] = retention->cached;
	value[RETAINED_BACKGROUND] = retention->background;
	value[RETAINED_DECAY] = retention->decay_ms;
	/* The allocator counts what is mapped for it; not more than the process has can be resident. */
	double taken = fmin(retention->taken, retention->resident);
	double cached = isnan(retention->cached) ? 0 : retention->cached;
	value[RETAINED_RESIDENT_FREE] = at_least_0(taken - retention->live - cached);
	value[RETAINED_HELD] = at_least_0(value[RETAINED_RESIDENT_FREE] - retention->freeable);
}

/* Figures for rules, which take them as evidence. */
static void add_metrics(struct run *run, const struct retained *retained)
{
	run->metrics.value[METRIC_HEAP_LIVE_BYTES] = retained->value[RETAINED_LIVE];
	run->metrics.value[METRIC_HEAP_FREE_BYTES] = retained->value[RETAINED_RESIDENT_FREE];
	run->metrics.value[METRIC_HEAP_TRIM_BYTES] = retained->value[RETAINED_TRIM];
}

static void add_row(struct result *result, size_t run_index, const struct retained_look *look,
		    enum retained_when when)
{
	struct retained *retained = result_add_retained(result);

	retained->run_index = run_index;
	retained->when = when;
	retained->pid = (uint64_t)look->pid;
	retained->after_ns = look->after_ns;
	retained_from_look(retained, &look->look);
	add_metrics(&result->runs[run_index], retained);
}

void retained_watch_release(struct retained_watch *watch)
{
	if (watch->running)
		pthread_join(watch->thread, NULL);
	watch->running = false;
	free(watch->why);
	watch->why = NULL;
}

void retained_watch_finish(struct retained_watch *watch, struct result *result, size_t run_index)
{
	if (watch->running)
		take(watch, clock_now_ns(&clock_real));
	if (watch->peak.taken) {
		add_row(result, run_index, &watch->peak, RETAINED_PEAK);
		if (watch->last.after_ns != watch->peak.after_ns)
			add_row(result, run_index, &watch->last, RETAINED_LAST);
		/* Some of the waiting is for the looks: it says nothing of the program. */
		result->runs[run_index].metrics.value[METRIC_MMAP_LOCK_WAIT_NS] = NAN;
		result_add_note(
			result,
			"its memory was looked at %zu times while it ran (--retained), which holds "
			"mmap_lock for moments: how long it waits for that is not told, and other times are "
			"better taken from a run without",
			watch->looks);
	} else {
		result_add_note(result, "what its memory holds is not known: %s",
				watch->why ? watch->why : "it ended before the first look");
	}
	retained_watch_release(watch);
}

void retained_add_now(struct result *result, size_t run_index, pid_t pid, double after_ns)
{
	struct retained_look *now = xcalloc(1, sizeof(*now));
	_cleanup_error_ struct error err = ERROR_INIT;

	now->pid = pid;
	now->after_ns = after_ns;
	if (look_at(pid, &now->look, &err) < 0)
		result_add_note(result, "what its memory holds is not known: %s", err.message);
	else if (now->look.kinds.all_resident_bytes)
		add_row(result, run_index, now, RETAINED_NOW);
	free(now);
}

void retained_add_end(struct result *result, size_t run_index, const struct retention *retention)
{
	struct retained *retained = result_add_retained(result);

	retained->run_index = run_index;
	retained->when = RETAINED_END;
	fill_retention(retained, retention);
	add_metrics(&result->runs[run_index], retained);
}
