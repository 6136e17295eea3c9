/* SPDX-License-Identifier: MIT */
#include "explain/subject.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "stats/spread.h"

/* A page, where a document does not say how large it is. */
#define DEFAULT_PAGE_BYTES 4096

/* Upper bound on a fault's time without disk I/O, and a negligible part of CPU time. */
#define MOST_FAULT_NS 100000.0
#define NEGLIGIBLE_PART 0.01

/* What a look at glibc's heap counts of its bytes, and the least part of them that makes it whole. */
static const enum retained_id seen_bytes[] = { RETAINED_LIVE, RETAINED_CACHED, RETAINED_FREE,
					       RETAINED_FASTBIN, RETAINED_TOP };
#define WHOLE_PART 0.9

static const enum metric_id purge_ns[] = {
	METRIC_MADVISE_DONTNEED_NS,
	METRIC_MADVISE_FREE_NS,
	METRIC_MUNMAP_NS,
	METRIC_BRK_NS,
};

static const enum metric_id other_ns[] = {
	METRIC_MMAP_NS,
	METRIC_MREMAP_NS,
	METRIC_MPROTECT_NS,
	METRIC_POPULATE_NS,
};

static bool is_of(const struct run *run, const struct subject *subject, bool observed)
{
	return run->case_index == subject->case_index &&
	       run->contender_index == subject->contender_index && run->observed == observed &&
	       !run->error;
}

/* The median of a metric over the subject's runs of one kind. */
static double median_of(const struct subject *subject, enum metric_id id, bool observed)
{
	const struct result *result = subject->result;
	_cleanup_free_ double *values = xcalloc(result->run_count + 1, sizeof(*values));
	size_t count = 0;

	for (size_t i = 0; i < result->run_count; i++) {
		const struct run *run = &result->runs[i];

		if (is_of(run, subject, observed) && metrics_has(&run->metrics, id))
			values[count++] = run->metrics.value[id];
	}
	return spread_of(values, count).median;
}

static size_t count_runs(const struct subject *subject, bool observed)
{
	size_t count = 0;

	for (size_t i = 0; i < subject->result->run_count; i++)
		count += is_of(&subject->result->runs[i], subject, observed);
	return count;
}

double subject_get(const struct subject *subject, enum metric_id id)
{
	return subject->metrics.value[id];
}

double subject_known(const struct subject *subject, enum metric_id id)
{
	double value = subject_get(subject, id);

	return isnan(value) ? 0 : value;
}

/* Faults by class, where the process's own counter was not read. */
static double count_faults(const struct subject *subject)
{
	double faults = subject_get(subject, METRIC_MINOR_FAULTS) +
			subject_known(subject, METRIC_MAJOR_FAULTS);
	double classes = subject_get(subject, METRIC_FIRST_TOUCH_FAULTS) +
			 subject_get(subject, METRIC_REFAULTS) +
			 subject_known(subject, METRIC_COW_FAULTS) +
			 subject_known(subject, METRIC_REPEAT_FAULTS) +
			 subject_known(subject, METRIC_UNKNOWN_FAULTS) +
			 subject_known(subject, METRIC_LOST_FAULTS);

	return isnan(classes) ? faults : classes;
}

static double lost_pct(const struct subject *subject)
{
	double lost = subject_known(subject, METRIC_OBSERVER_LOSSES);
	/* Memory may come without a fault. */
	double pages = subject->faults + subject_known(subject, METRIC_POPULATED_PAGES);

	return lost > 0 ? fmin(100 * lost / fmax(pages, 1), 100) : 0;
}

static double sum_known(const struct subject *subject, const enum metric_id *ids, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += subject_known(subject, ids[i]);
	return sum;
}

/* Faults are timed by sampling: if they are few, possibly none was timed. */
static double faults_ns(const struct subject *subject)
{
	double fault_ns = subject_get(subject, METRIC_FAULT_NS);

	if (isnan(fault_ns) && subject->faults * MOST_FAULT_NS <= NEGLIGIBLE_PART * subject->cpu_ns)
		return 0;
	return fault_ns;
}

static void derive(struct subject *subject)
{
	const struct host *host = &subject->result->host;

	subject->allocator = subject->contender->allocator ? subject->contender->allocator : "";
	subject->page_bytes = host->page_bytes ? (double)host->page_bytes : DEFAULT_PAGE_BYTES;
	subject->cpu_ns = metrics_program_ns(&subject->metrics);
	if (isnan(subject->cpu_ns))
		subject->cpu_ns =
			subject_get(subject, METRIC_USER_NS) + subject_get(subject, METRIC_SYS_NS);
	subject->faults = count_faults(subject);
	subject->lost_pct = lost_pct(subject);
	subject->classified = metrics_has(&subject->metrics, METRIC_REFAULTS);
	subject->purged_ns = sum_known(subject, purge_ns, ARRAY_SIZE(purge_ns));
	subject->calls_ns = subject->purged_ns + sum_known(subject, other_ns, ARRAY_SIZE(other_ns));
	subject->start_ns =
		subject_known(subject, METRIC_EXEC_NS) + subject_known(subject, METRIC_FORK_NS);
	subject->tax_ns = NAN;
	if (metrics_has(&subject->metrics, METRIC_MADVISE_DONTNEED_NS))
		subject->tax_ns = faults_ns(subject) + subject->calls_ns + subject->start_ns +
				  subject_known(subject, METRIC_ALLOCATOR_LOCK_NS);
	/* A share above 1 would be an artefact of two clocks. */
	if (subject->tax_ns > subject->cpu_ns)
		subject->tax_ns = subject->cpu_ns;
	double wait_ns = subject_get(subject, METRIC_MMAP_LOCK_WAIT_NS);
	subject->wait_pct = 100 * wait_ns / (wait_ns + subject->cpu_ns);
	subject->timed = !isnan(subject->tax_ns) && subject->cpu_ns > 0;
}

bool subject_init(struct subject *subject, const struct result *result,
		  const struct setting_catalogue *catalogue, size_t case_index,
		  size_t contender_index)
{
	*subject = (struct subject){
		.result = result,
		.case_index = case_index,
		.contender_index = contender_index,
		.contender = &result->contenders[contender_index],
	};
	bool observed = count_runs(subject, true) > 0;
	if (!observed && !count_runs(subject, false))
		return false;
	for (int id = 0; id < METRIC_COUNT; id++)
		subject->metrics.value[id] = median_of(subject, (enum metric_id)id, observed);
	derive(subject);
	subject->settings = setting_catalogue_find(catalogue, subject->allocator);
	return true;
}

double subject_per_second(const struct subject *subject, enum metric_id id)
{
	double wall_ns = subject_get(subject, METRIC_WALL_NS);

	return wall_ns > 0 ? subject_get(subject, id) / (wall_ns / 1e9) : NAN;
}

double subject_mean(const struct subject *subject, enum metric_id sum, enum metric_id count)
{
	double calls = subject_get(subject, count);

	return calls > 0 ? subject_get(subject, sum) / calls : NAN;
}

double subject_share_pct(const struct subject *subject, double ns)
{
	return subject->cpu_ns > 0 ? 100 * ns / subject->cpu_ns : NAN;
}

double subject_of_faults_pct(const struct subject *subject, double faults)
{
	return subject->faults > 0 ? 100 * faults / subject->faults : NAN;
}

double subject_system_pct(const struct subject *subject)
{
	return subject_share_pct(subject, metrics_kernel_ns(&subject->metrics));
}

double subject_faults_ns(const struct subject *subject, double faults)
{
	double fault_ns = subject_get(subject, METRIC_FAULT_NS);

	return subject->faults > 0 ? fault_ns * (faults / subject->faults) : NAN;
}

bool subject_may_be_taxed(const struct subject *subject)
{
	return !(subject_system_pct(subject) < NO_TAX_PCT);
}

double subject_refaults_bound(const struct subject *subject)
{
	if (metrics_has(&subject->metrics, METRIC_REFAULTS_AT_LEAST))
		return subject_get(subject, METRIC_REFAULTS_AT_LEAST);
	double bound =
		subject->faults - subject_get(subject, METRIC_PEAK_RSS_BYTES) / subject->page_bytes;

	return bound < 0 ? 0 : bound;
}

bool subject_served_by(const struct subject *subject, const char *allocator)
{
	return !strcmp(subject->allocator, allocator);
}

bool subject_version_below(const struct subject *subject, const char *version)
{
	const char *own = subject->contender->version;

	return own && isdigit((unsigned char)*own) && version_compare(own, version) < 0;
}

const char *subject_setting(const struct subject *subject, const char *key)
{
	const struct contender *contender = subject->contender;

	/* The last one counts, as it does for the allocators themselves. */
	for (size_t i = contender->setting_count; i-- > 0;)
		if (!strcasecmp(contender->settings[i].key, key))
			return contender->settings[i].value;
	return NULL;
}

bool subject_look_is_whole(const struct retained *row)
{
	double seen = 0;

	for (size_t i = 0; i < ARRAY_SIZE(seen_bytes); i++)
		if (!isnan(row->value[seen_bytes[i]]))
			seen += row->value[seen_bytes[i]];
	/* What another allocator has told is all of it. */
	return row->when == RETAINED_END || !(seen < WHOLE_PART * row->value[RETAINED_TAKEN]);
}

/* Whether a later row tells more than the one that was found. */
static bool tells_more(const struct retained *row, const struct retained *found, bool at_peak)
{
	bool is_whole = subject_look_is_whole(row);

	if (!found || is_whole != subject_look_is_whole(found))
		return !found || is_whole;
	return !at_peak || row->value[RETAINED_RESIDENT] > found->value[RETAINED_RESIDENT];
}

const struct retained *subject_look(const struct subject *subject, bool at_peak)
{
	const struct result *result = subject->result;
	const struct retained *found = NULL;

	for (size_t i = 0; i < result->retained_count; i++) {
		const struct retained *row = &result->retained[i];
		const struct run *run = &result->runs[row->run_index];

		if (run->case_index != subject->case_index ||
		    run->contender_index != subject->contender_index || !row->allocator ||
		    isnan(row->value[RETAINED_RESIDENT_FREE]))
			continue;
		if (tells_more(row, found, at_peak))
			found = row;
	}
	return found;
}
