/* SPDX-License-Identifier: MIT */
/* Sums of the kernel's counts. Also built without BPF. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "probe/bpf.h"

void tax_snapshot_release(struct tax_snapshot *snapshot)
{
	if (!snapshot)
		return;
	free(snapshot->rows);
	snapshot->rows = NULL;
	snapshot->row_count = 0;
}

uint64_t tax_snapshot_losses(const struct tax_snapshot *snapshot)
{
	const struct tax_losses *losses = &snapshot->losses;

	uint64_t lost_faults = snapshot->total.faults[TAX_FAULT_LOST];
	/* A fault whose chunk finds no room counts as both. */
	uint64_t chunks = losses->chunks > lost_faults ? losses->chunks : lost_faults;

	/* Without losses.rows: those threads' counts are in the sums. */
	return losses->threads + losses->processes + chunks + losses->ranges + losses->huge +
	       losses->forks + losses->forgotten + losses->unseen + losses->ends +
	       snapshot->missed_events;
}

uint64_t tax_row_refaults(const struct tax_row *row)
{
	uint64_t sum = 0;

	for (int class = TAX_FAULT_DONTNEED; class <= TAX_FAULT_MMAP; class ++)
		sum += row->faults[class];
	return sum;
}

static void samples_add(struct tax_samples *samples, const struct tax_samples *other)
{
	samples->weights += other->weights;
	samples->squared_weights += other->squared_weights;
	samples->cpu_ns += other->cpu_ns;
	samples->squares += other->squares;
}

void tax_row_add(struct tax_row *row, const struct tax_row *other)
{
	for (int i = 0; i < TAX_CALLS; i++) {
		row->calls[i].calls += other->calls[i].calls;
		row->calls[i].bytes += other->calls[i].bytes;
		row->calls[i].ns += other->calls[i].ns;
		row->calls[i].cpu_ns += other->calls[i].cpu_ns;
	}
	row->shrinks.calls += other->shrinks.calls;
	row->shrinks.bytes += other->shrinks.bytes;
	row->shrinks.cpu_ns += other->shrinks.cpu_ns;
	for (int i = 0; i < TAX_FAULTS; i++) {
		row->faults[i] += other->faults[i];
		row->huge_faults[i] += other->huge_faults[i];
	}
	for (int i = 0; i < TAX_STRATA; i++)
		samples_add(&row->samples[i], &other->samples[i]);
	row->kernel_faults += other->kernel_faults;
	row->populated_pages += other->populated_pages;
	row->majors += other->majors;
	row->timed_majors += other->timed_majors;
	row->major_cpu_ns += other->major_cpu_ns;
	row->lock_waits += other->lock_waits;
	row->lock_wait_ns += other->lock_wait_ns;
	row->observer_ns += other->observer_ns;
	row->tlb_local += other->tlb_local;
	row->tlb_remote += other->tlb_remote;
	row->tlb_received += other->tlb_received;
}

enum { WINDOWS_MIN = 4 }; /* below it their differences say too little */

/*
 * Variance of the weighted mean of so many faults. n is the effective sample size, which unequal weights lower. Of those that
 * were timed themselves nothing is uncertain.
 */
static double variance_of_mean(const struct tax_samples *samples, double faults)
{
	double weights = (double)samples->weights;
	double mean_ns = (double)samples->cpu_ns / weights;
	double square_ns = 1024 * (double)samples->squares / weights;
	double n = weights * weights / (double)samples->squared_weights;

	return n >= 2 ? fmax(square_ns - mean_ns * mean_ns, 0) / (n - 1) * fmax(1 - n / faults, 0)
		      : 0;
}

double tax_windows_variance(const struct tax_window_sum *sums, size_t count)
{
	double faults = 0, cpu_ns = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		faults += sums[i].weight * sums[i].faults;
		cpu_ns += sums[i].weight * sums[i].cpu_ns;
	}
	if (count < WINDOWS_MIN || !(faults > 0))
		return NAN;
	for (size_t i = 0; i < count; i++) {
		double off = sums[i].weight * (sums[i].cpu_ns - cpu_ns / faults * sums[i].faults);

		/* A window that stands for no time but its own leaves nothing to chance. */
		squares += off * off * (1 - 1 / sums[i].weight);
	}
	return squares * (double)count / (double)(count - 1) / (faults * faults);
}

static double faults_in(const struct tax_row *row, int stratum)
{
	uint64_t huge = 0;

	if (stratum < TAX_STRATUM_HUGE)
		return (double)(row->faults[stratum] - row->huge_faults[stratum]);
	for (int class = 0; class < TAX_FAULTS; class ++)
		huge += row->huge_faults[class];
	return (double)huge;
}

/* One sample of a stratum says nothing of its spread: that is unknown, not 0. */
static bool spread_is_known(const struct tax_samples *samples)
{
	double weights = (double)samples->weights;

	return weights > 0 && weights * weights >= 2 * (double)samples->squared_weights;
}

/* Small pages of all classes together. */
static struct tax_samples samples_of_small(const struct tax_row *row)
{
	struct tax_samples sum = { .weights = 0 };

	for (int i = 0; i < TAX_STRATUM_HUGE; i++)
		samples_add(&sum, &row->samples[i]);
	return sum;
}

static double mean_ns(const struct tax_samples *samples)
{
	return (double)samples->cpu_ns / (double)samples->weights;
}

/*
 * Each stratum has a time of its own, so that the sum is estimated one by one: faults x mean of those that were timed, with
 * variance faults^2 x variance / timed. A stratum without timed faults gets the mean of all small pages, or of all. Where
 * windows differ by more than such samples would, the error of small pages is theirs. Major faults have times of their own;
 * the class that they are of is not known, so that each takes the place of a mean one.
 */
void tax_estimate_fault_time(struct tax_snapshot *snapshot)
{
	const struct tax_row *total = &snapshot->total;
	struct tax_samples small = samples_of_small(total), all = small;
	double sum_ns = 0, variance = 0, huge_variance = 0, faults = 0, small_faults;
	bool known = snapshot->mean_variance > 0;

	snapshot->fault_ns = snapshot->fault_error_ns = NAN;
	samples_add(&all, &total->samples[TAX_STRATUM_HUGE]);
	if (!(snapshot->features & TAX_SEES_FAULT_TIME) || !spread_is_known(&all))
		return;
	for (int i = 0; i < TAX_STRATA; i++) {
		const struct tax_samples *samples = &total->samples[i];
		double count = faults_in(total, i);

		faults += count;
		if (!samples->weights) {
			sum_ns += count * mean_ns(small.weights ? &small : &all);
			continue;
		}
		sum_ns += count * mean_ns(samples);
		*(i == TAX_STRATUM_HUGE ? &huge_variance : &variance) +=
			count * count * variance_of_mean(samples, count);
		known = known || spread_is_known(samples);
	}
	/* Each may take as long as a thousand others. */
	if (faults_in(total, TAX_STRATUM_HUGE) > (double)total->samples[TAX_STRATUM_HUGE].weights)
		known = known && spread_is_known(&total->samples[TAX_STRATUM_HUGE]);
	small_faults = faults - faults_in(total, TAX_STRATUM_HUGE);
	if (snapshot->mean_variance > 0)
		variance = fmax(variance, small_faults * small_faults * snapshot->mean_variance);
	sum_ns = fmax(sum_ns + faults * snapshot->outside.ns, 0);
	variance += pow(faults * snapshot->outside.error_ns / 1.96, 2);
	if (faults > 0)
		sum_ns *= 1 - fmin((double)total->majors / faults, 1);
	if (total->timed_majors)
		sum_ns += (double)total->major_cpu_ns * (double)total->majors /
			  (double)total->timed_majors;
	snapshot->fault_ns = sum_ns;
	snapshot->fault_error_ns = known ? 1.96 * sqrt(variance + huge_variance) : NAN;
}

char *tax_snapshot_note(const struct tax_snapshot *snapshot)
{
	_cleanup_strbuf_ struct strbuf note = STRBUF_INIT;
	uint64_t forks = snapshot->losses.forks, forgotten = snapshot->losses.forgotten;

	if (forks)
		strbuf_addf(
			&note,
			"the observer thinned itself out: %" PRIu64
			" fork%s not followed page by page, since its programs would have taken more than 15%% "
			"of the time of the thread that forks",
			forks, forks == 1 ? " was" : "s were");
	if (forgotten)
		strbuf_addf(
			&note,
			"%sthe observer thinned itself out: %" PRIu64
			" time%s it forgot what it knew of the pages of a process, since calls for long ranges of "
			"addresses would have taken its programs more than 15%% of the time of the thread that makes them",
			note.len ? "; " : "", forgotten, forgotten == 1 ? "" : "s");
	if (snapshot->features & TAX_SEES_PAGES && !(snapshot->features & TAX_SEES_HUGE))
		strbuf_addf(
			&note,
			"%sthe kernel may bring huge pages of sizes that the observer does not tell from "
			"small ones: counts of faults by reason are inexact by what came with them",
			note.len ? "; " : "");
	return note.len ? strbuf_detach(&note) : NULL;
}

static void set_calls(const struct tax_snapshot *snapshot, struct metrics *metrics)
{
	static const struct {
		enum tax_call_kind kind;
		enum metric_id calls, bytes, ns;
	} kinds[] = {
		{ TAX_CALL_DONTNEED, METRIC_MADVISE_DONTNEED_CALLS, METRIC_MADVISE_DONTNEED_BYTES,
		  METRIC_MADVISE_DONTNEED_NS },
		{ TAX_CALL_FREE, METRIC_MADVISE_FREE_CALLS, METRIC_MADVISE_FREE_BYTES,
		  METRIC_MADVISE_FREE_NS },
		{ TAX_CALL_MMAP, METRIC_MMAP_CALLS, METRIC_MMAP_BYTES, METRIC_MMAP_NS },
		{ TAX_CALL_MUNMAP, METRIC_MUNMAP_CALLS, METRIC_MUNMAP_BYTES, METRIC_MUNMAP_NS },
		{ TAX_CALL_MREMAP, METRIC_MREMAP_CALLS, METRIC_MREMAP_BYTES, METRIC_MREMAP_NS },
		{ TAX_CALL_BRK, METRIC_BRK_CALLS, METRIC_BRK_BYTES, METRIC_BRK_NS },
		{ TAX_CALL_MPROTECT, METRIC_MPROTECT_CALLS, METRIC_MPROTECT_BYTES,
		  METRIC_MPROTECT_NS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct tax_call *call = &snapshot->total.calls[kinds[i].kind];

		metrics->value[kinds[i].calls] = (double)call->calls;
		metrics->value[kinds[i].bytes] = (double)call->bytes;
		metrics->value[kinds[i].ns] = (double)call->cpu_ns;
	}
	const struct tax_row *total = &snapshot->total;
	metrics->value[METRIC_BRK_SHRINK_CALLS] = (double)total->shrinks.calls;
	metrics->value[METRIC_BRK_SHRINK_BYTES] = (double)total->shrinks.bytes;
	metrics->value[METRIC_BRK_SHRINK_NS] = (double)total->shrinks.cpu_ns;
	metrics->value[METRIC_POPULATE_CALLS] = (double)total->calls[TAX_CALL_POPULATE].calls;
	metrics->value[METRIC_POPULATE_NS] = (double)total->calls[TAX_CALL_POPULATE].cpu_ns;
	metrics->value[METRIC_POPULATED_PAGES] = (double)total->populated_pages;
	metrics->value[METRIC_EXEC_CALLS] = (double)total->calls[TAX_CALL_EXEC].calls;
	metrics->value[METRIC_EXEC_NS] = (double)total->calls[TAX_CALL_EXEC].cpu_ns;
	metrics->value[METRIC_FORK_CALLS] = (double)total->calls[TAX_CALL_FORK].calls;
	metrics->value[METRIC_FORK_NS] = (double)total->calls[TAX_CALL_FORK].cpu_ns;
}

static void set_locks(const struct tax_snapshot *snapshot, struct metrics *metrics)
{
	const struct tax_call *futex = &snapshot->total.calls[TAX_CALL_FUTEX];

	metrics->value[METRIC_FUTEX_CALLS] = (double)futex->calls;
	metrics->value[METRIC_FUTEX_NS] = (double)futex->cpu_ns;
	metrics->value[METRIC_FUTEX_WAIT_NS] = (double)(futex->ns - futex->cpu_ns);
}

static void set_faults(const struct tax_snapshot *snapshot, struct metrics *metrics)
{
	static const enum metric_id classes[TAX_FAULTS] = {
		[TAX_FAULT_FIRST] = METRIC_FIRST_TOUCH_FAULTS,
		[TAX_FAULT_DONTNEED] = METRIC_REFAULTS_DONTNEED,
		[TAX_FAULT_FREE] = METRIC_REFAULTS_FREE,
		[TAX_FAULT_MUNMAP] = METRIC_REFAULTS_MUNMAP,
		[TAX_FAULT_BRK] = METRIC_REFAULTS_BRK,
		[TAX_FAULT_MREMAP] = METRIC_REFAULTS_MREMAP,
		[TAX_FAULT_MMAP] = METRIC_REFAULTS_MMAP,
		[TAX_FAULT_COW] = METRIC_COW_FAULTS,
		[TAX_FAULT_REPEAT] = METRIC_REPEAT_FAULTS,
		[TAX_FAULT_UNKNOWN] = METRIC_UNKNOWN_FAULTS,
		[TAX_FAULT_LOST] = METRIC_LOST_FAULTS,
	};
	const struct tax_row *total = &snapshot->total;

	for (int i = 0; i < TAX_FAULTS; i++)
		metrics->value[classes[i]] = (double)total->faults[i];
	metrics->value[METRIC_REFAULTS] = (double)tax_row_refaults(total);
	metrics->value[METRIC_OBSERVER_LOSSES] = (double)tax_snapshot_losses(snapshot);
}

/* Includes faults that ended in a signal, unlike the kernel's own counts. */
static void set_fault_counts(const struct tax_snapshot *snapshot, struct metrics *metrics)
{
	const unsigned int needed = TAX_SEES_KERNEL_FAULTS | TAX_SEES_FAULT_TIME;
	uint64_t sum = 0;

	if ((snapshot->features & needed) != needed)
		return;
	for (int i = 0; i < TAX_FAULTS; i++)
		sum += snapshot->total.faults[i];
	metrics->value[METRIC_MINOR_FAULTS] = (double)(sum - snapshot->total.majors);
	metrics->value[METRIC_MAJOR_FAULTS] = (double)snapshot->total.majors;
}

void tax_snapshot_metrics(const struct tax_snapshot *snapshot, struct metrics *metrics)
{
	const struct tax_row *total = &snapshot->total;

	set_calls(snapshot, metrics);
	set_locks(snapshot, metrics);
	if (snapshot->features & TAX_SEES_PAGES)
		set_faults(snapshot, metrics);
	set_fault_counts(snapshot, metrics);
	metrics->value[METRIC_OBSERVER_NS] = (double)total->observer_ns;
	metrics->value[METRIC_FAULT_NS] = snapshot->fault_ns;
	metrics->value[METRIC_FAULT_ERROR_NS] = snapshot->fault_error_ns;
	if (snapshot->features & TAX_SEES_LOCK_WAITS)
		metrics->value[METRIC_MMAP_LOCK_WAIT_NS] = (double)total->lock_wait_ns;
	if (snapshot->features & TAX_SEES_TLB) {
		metrics->value[METRIC_TLB_FLUSHES] = (double)(total->tlb_local + total->tlb_remote);
		metrics->value[METRIC_TLB_FLUSHES_REMOTE] = (double)total->tlb_remote;
	}
}

/* If no fault was timed: about the time of a small page's fault. */
#define ANY_FAULT_NS 1000.0

static double row_tax_ns(const struct tax_row *row, double fault_ns)
{
	double sum_ns = 0;

	for (int i = 0; i < TAX_CALL_EXEC; i++)
		sum_ns += (double)row->calls[i].cpu_ns;
	for (int i = 0; i < TAX_FAULTS; i++)
		sum_ns += (double)row->faults[i] * fault_ns;
	return sum_ns;
}

static double mean_fault_ns(const struct tax_snapshot *snapshot)
{
	double faults = 0;

	for (int i = 0; i < TAX_FAULTS; i++)
		faults += (double)snapshot->total.faults[i];
	return faults > 0 && !isnan(snapshot->fault_ns) ? snapshot->fault_ns / faults
							: ANY_FAULT_NS;
}

/* Sorts rows by process, the first thread's row last; of two such rows, the one after exec. */
static int compare_rows(const void *a, const void *b)
{
	const struct tax_row *x = *(const struct tax_row *const *)a;
	const struct tax_row *y = *(const struct tax_row *const *)b;
	bool x_first = x->tid == x->tgid, y_first = y->tid == y->tgid;

	if (x->tgid != y->tgid)
		return x->tgid < y->tgid ? -1 : 1;
	if (x_first != y_first)
		return x_first ? 1 : -1;
	return x < y ? -1 : 1;
}

struct process_share *tax_snapshot_shares(const struct tax_snapshot *snapshot, size_t *ret_count)
{
	const struct tax_row **rows = xcalloc(snapshot->row_count + 1, sizeof(*rows));
	struct process_share *shares = xcalloc(snapshot->row_count + 1, sizeof(*shares));
	double fault_ns = mean_fault_ns(snapshot);
	size_t count = 0;

	for (size_t i = 0; i < snapshot->row_count; i++)
		rows[i] = &snapshot->rows[i];
	qsort(rows, snapshot->row_count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < snapshot->row_count; i++) {
		pid_t pid = (pid_t)rows[i]->tgid; /* 0 in [TAX_ROW_REST] */

		if (!count || shares[count - 1].pid != pid)
			shares[count++].pid = pid;
		struct process_share *share = &shares[count - 1];
		share->tax_ns += row_tax_ns(rows[i], fault_ns);
		if (pid && rows[i]->tid == rows[i]->tgid)
			memcpy(share->name, rows[i]->comm, sizeof(share->name));
	}
	free(rows);
	*ret_count = count;
	return shares;
}
