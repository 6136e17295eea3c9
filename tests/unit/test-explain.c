/* SPDX-License-Identifier: MIT */
/*
 * What the rules see in recorded figures. Each fixture in tests/fixtures/explain is a result document; the
 * table says which findings it must give, in order, with what to set, and no others. incident-* are
 * public reports of production trouble, with the report's figures where it gave them and plausible ones where
 * not; docs/HOWTO-rule.md lists them. How a finding is put into words stands beside each fixture, in
 * NAME.txt. After a wanted change: MADVISOR_UPDATE=1 meson test explain, and read the difference.
 */
#include "explain/explain.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "alloc/allocator.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "model/document.h"
#include "model/summarise.h"
#include "golden.h"

static const struct {
	const char *fixture;
	const char *findings;
} expectations[] = {
	/* Public incidents: the fix that was found stands among what is proposed. */
	{ "incident-observation",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096]" },
	{ "incident-cf-benchmark", "kernel-tax brk-trim[trim_threshold=64M,mmap_threshold=32M]" },
	{ "incident-tarantool-13202", "kernel-tax brk-trim[trim_threshold=1G,mmap_threshold=32M]" },
	{ "incident-jemalloc-2208",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[lg_tcache_max=12] "
	  "oversize-purge[oversize_threshold=0,lg_extent_max_active_fit=16]" },
	{ "incident-jemalloc-2824",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096] "
	  "oversize-purge[oversize_threshold=1G,lg_extent_max_active_fit=16]" },
	{ "incident-jemalloc-1422",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[lg_tcache_max=12] "
	  "tlb-shootdown[lg_extent_max_active_fit=16,dirty_decay_ms=-1]" },
	{ "incident-redis-7381", "kernel-tax fork-copies thp[thp=never]" },
	{ "incident-mimalloc-1373", "kernel-tax thp[allow_thp=0]" },
	{ "incident-mimalloc-776", "no-kernel-tax madv-free-rss[purge_decommits=1]" },
	{ "incident-go-42330", "no-kernel-tax madv-free-rss[GODEBUG=madvdontneed=1]" },
	{ "incident-xearthlayer-227",
	  "no-kernel-tax arena-bloat[arena_max=4] arena-bloat[arena_max=2] retained" },
	/* glibc 2.17, whose arenas madvisor cannot read: how to measure the cap that was found stands in its words. */
	{ "incident-presto-8993", "no-kernel-tax arena-bloat" },
	{ "incident-gperftools-839",
	  "kernel-tax dontneed-refaults[aggressive_decommit=false] dontneed-refaults[release_rate=0]" },
	{ "incident-gperftools-1025", "kernel-tax dontneed-refaults[release_rate=0]" },
	{ "incident-clickhouse-80245",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096] "
	  "mmap-lock[lg_extent_max_active_fit=16,dirty_decay_ms=-1]" },
	/* 850,000 refaults, nine in ten of all faults, and 2% of the time: a count promises nothing. */
	{ "incident-simpler-2022", "no-kernel-tax" },

	/* One for each rule that no incident shows, and what must not be taken for one. */
	{ "heap-shrink", "kernel-tax heap-shrink[trim_threshold=256M,mmap_threshold=32M]" },
	{ "heap-shrink-set", "kernel-tax heap-shrink" },
	{ "heap-shrink-untold", "kernel-tax heap-shrink" },
	{ "mmap-threshold", "kernel-tax mmap-threshold[trim_threshold=256M,mmap_threshold=128M]" },
	{ "mmap-small", "kernel-tax" },
	/* The same figures, nine tenths of which are others' doing, by their stacks: the rest is the allocator's. */
	{ "own-mapping",
	  "kernel-tax own-mapping mmap-threshold[trim_threshold=256M,mmap_threshold=128M]" },
	{ "thread-stacks",
	  "kernel-tax thread-stacks heap-shrink[trim_threshold=256M,mmap_threshold=32M]" },
	{ "program-trim",
	  "kernel-tax program-trim heap-shrink[trim_threshold=256M,mmap_threshold=32M]" },
	{ "runtime-heap",
	  "kernel-tax runtime-heap mmap-threshold[trim_threshold=256M,mmap_threshold=128M]" },
	{ "file-mappings",
	  "kernel-tax file-mappings mmap-threshold[trim_threshold=256M,mmap_threshold=128M]" },
	/* Memory that only grows, most of it the loader's. */
	/* Huge pages among the first touches: what the small ones took is not known. */
	{ "exec-beside-huge", "kernel-tax" },
	{ "exec", "kernel-tax exec" },
	{ "other-allocator",
	  "kernel-tax other-allocator mmap-threshold[trim_threshold=256M,mmap_threshold=128M]" },
	{ "zeroing-calloc", "kernel-tax zeroing-calloc" },
	{ "snmalloc-quiet", "no-kernel-tax" },
	{ "mmap-lock",
	  "kernel-tax mmap-lock[purge_delay=10000] dontneed-refaults[purge_delay=10000] "
	  "dontneed-refaults[purge_decommits=0]" },
	{ "tlb-local",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096]" },
	{ "decay-set",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[dirty_decay_ms=-1]" },
	{ "decay-exhausted", "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16] "
			     "dontneed-refaults[lg_extent_max_active_fit=10]" },
	/* Purges of 6.5 MiB: free memory has merged beyond what jemalloc cuts for a request. */
	{ "merged-extents",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096]" },
	{ "oversize-off",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096] "
	  "oversize-purge[oversize_threshold=1G,lg_extent_max_active_fit=16]" },
	{ "thp-off", "kernel-tax" },
	{ "thp-glibc", "kernel-tax thp" },
	{ "thp-rusage", "kernel-tax thp[allow_thp=0]" },
	{ "arena-few", "no-kernel-tax" },
	/* Looks at a heap. */
	{ "retained-held", "no-kernel-tax retained" },
	{ "retained-thresholds",
	  "no-kernel-tax retained[trim_threshold=128K,mmap_threshold=128K]" },
	/* The same in pieces too small for them. */
	{ "retained-scattered", "no-kernel-tax retained" },
	{ "retained-idle-arenas", "no-kernel-tax retained[arena_max=4]" },
	{ "retained-little", "no-kernel-tax" },
	{ "retained-other-allocator", "no-kernel-tax" },
	{ "retained-unknown", "no-kernel-tax" },
	{ "retained-told",
	  "no-kernel-tax retained[dirty_decay_ms=1000] retained[background_thread=true]" },
	/* By its map: the same program, looked at when all was mapped; and large mappings that are no heaps. */
	/* Arenas that were not read, that are full, of which a third is free; two of them in many heaps; as many as the cap. */
	{ "arena-attached", "no-kernel-tax arena-bloat" },
	{ "arena-full", "no-kernel-tax" },
	{ "arena-read",
	  "no-kernel-tax arena-bloat[arena_max=4] arena-bloat[arena_max=2] retained" },
	/* A second look that saw next to nothing of the heap. */
	{ "arena-lost",
	  "no-kernel-tax arena-bloat[arena_max=4] arena-bloat[arena_max=2] retained" },
	{ "arena-large-heaps", "no-kernel-tax retained" },
	{ "arena-max-read", "no-kernel-tax arena-bloat[arena_max=2] retained" },
	{ "arena-small-part", "no-kernel-tax" },
	{ "arena-max-set", "no-kernel-tax arena-bloat" },
	/* Memory that only grows: huge pages are an offer where programs may ask for them. */
	{ "growth", "kernel-tax growth[hugetlb=1]" },
	{ "growth-off", "kernel-tax growth" },
	{ "growth-jemalloc",
	  "kernel-tax growth[thp=always] growth[thp=always,metadata_thp=always]" },
	/* Four fifths are first touches, and yet it grows because what it gives back is not cut for the next request. */
	{ "growth-uncut",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096]" },
	{ "growth-ptrace", "kernel-tax growth[hugetlb=1]" },
	/* What is mapped anew at other addresses is not growth: it never had so much at a time. */
	{ "mapped-blocks", "kernel-tax mapped-blocks[reserve_os_memory=512M]" },
	{ "mapped-anew", "kernel-tax mmap-threshold[trim_threshold=128M,mmap_threshold=128M]" },
	/* Locks of the allocator; the cap is named, and what others wait for is not its doing. */
	{ "allocator-lock-capped",
	  "kernel-tax allocator-lock[arena_max=32] allocator-lock[tcache_count=64] "
	  "allocator-lock[tcache_count=1000]" },
	{ "allocator-lock",
	  "kernel-tax allocator-lock[tcache_count=64] allocator-lock[tcache_count=1000]" },
	{ "allocator-lock-musl", "kernel-tax allocator-lock" },
	{ "allocator-lock-waits", "kernel-tax allocator-lock[max_total_thread_cache_bytes=256M]" },
	/* The lock is held for the kernel's work: that first, and no promise for what does not change it. */
	{ "lock-over-trims",
	  "kernel-tax heap-shrink[trim_threshold=256M,mmap_threshold=32M] "
	  "heap-shrink[trim_threshold=256M,mmap_threshold=32M,top_pad=64M,hugetlb=1] "
	  "allocator-lock[trim_threshold=256M,mmap_threshold=32M] allocator-lock[tcache_count=64] "
	  "allocator-lock[tcache_count=1000]" },
	/* mlockall() has mmap fill in what it maps: the same blocks again and again, or memory that stays. */
	{ "filled-anew", "kernel-tax mmap-threshold[trim_threshold=128M,mmap_threshold=128M]" },
	{ "populated", "kernel-tax populated" },
	{ "locks-of-its-own", "no-kernel-tax" },
	/* Heaps of threads, which are unmapped in full too: not blocks above mmap_threshold. */
	{ "arena-growth",
	  "kernel-tax arena-growth[trim_threshold=1G,mmap_threshold=32M,top_pad=64M] "
	  "heap-shrink[trim_threshold=1G,mmap_threshold=32M] "
	  "mmap-lock[trim_threshold=1G,mmap_threshold=32M,top_pad=64M] "
	  "heap-shrink[trim_threshold=1G,mmap_threshold=32M,top_pad=64M,hugetlb=1]" },
	{ "many-mappings",
	  "kernel-tax arena-growth[trim_threshold=1G,mmap_threshold=32M,top_pad=64M] "
	  "heap-shrink[trim_threshold=1G,mmap_threshold=32M] "
	  "mmap-lock[trim_threshold=1G,mmap_threshold=32M,top_pad=64M] "
	  "heap-shrink[trim_threshold=1G,mmap_threshold=32M,top_pad=64M,hugetlb=1]" },
	/* The lock is held for 0.3% of the CPU time: who holds it waits for a CPU, and no setting shortens that. */
	{ "busy-machine", "kernel-tax mmap-lock" },
	{ "thread-guards", "kernel-tax mmap-lock[trim_threshold=1G,mmap_threshold=32M]" },
	{ "quiet", "no-kernel-tax" },
	{ "short", "no-kernel-tax" },
	/* The kernel did take it: resident memory is what it looks like. */
	{ "free-reclaimed", "kernel-tax" },
	{ "unknown-allocator", "kernel-tax dontneed-refaults" },
	{ "wrapped", "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
		     "dontneed-refaults[lg_extent_max_active_fit=10] "
		     "dontneed-refaults[tcache_max=4096]" },
	{ "lost-sight", "lost-sight" },
	{ "lossy", "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
		   "dontneed-refaults[lg_extent_max_active_fit=10] "
		   "dontneed-refaults[tcache_max=4096]" },

	/* Rungs that count without timing, or hardly count. */
	{ "perf-dontneed",
	  "kernel-tax dontneed-refaults[lg_extent_max_active_fit=16,dirty_decay_ms=-1] "
	  "dontneed-refaults[lg_extent_max_active_fit=10] "
	  "dontneed-refaults[tcache_max=4096]" },
	{ "perf-brk", "kernel-tax brk-trim[trim_threshold=64M,mmap_threshold=32M]" },
	{ "perf-user-bound", "no-kernel-tax" },
	{ "rusage-storm", "kernel-tax unseen-refaults" },
	{ "rusage-quiet", "no-kernel-tax" },
	/* Nobody's calls without stacks: nothing is proposed. */
	{ "ptrace-munmap", "unseen-tax mmap-threshold" },
	{ "ptrace-growth", "unseen-tax" },
	{ "rusage-nothing", "" },
};

static char *fixture_path(const char *name, const char *suffix)
{
	return xasprintf("%s/explain/%s.%s", getenv("FIXTURES"), name, suffix);
}

static void load(const char *fixture, struct result *result)
{
	_cleanup_free_ char *path = fixture_path(fixture, "json");
	_cleanup_error_ struct error err = ERROR_INIT;

	result_init(result);
	if (document_load(path, result, &err) < 0)
		fail_msg("%s", err.message);
	result_explain(result, allocator_catalogue());
}

static void add_findings(struct strbuf *sb, const struct result *result)
{
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		strbuf_addf(sb, "%s%s", i ? " " : "", finding->id);
		for (size_t k = 0; k < finding->setting_count; k++)
			strbuf_addf(sb, "%s%s=%s", k ? "," : "[",
				    finding->settings[k].key ? finding->settings[k].key
							     : finding->settings[k].variable,
				    finding->settings[k].value);
		if (finding->setting_count)
			strbuf_addch(sb, ']');
	}
}

static void each_fixture_gives_its_findings(void **state)
{
	size_t wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
		struct result result;

		load(expectations[i].fixture, &result);
		add_findings(&got, &result);
		if (strcmp(got.buf, expectations[i].findings)) {
			print_error("%s:\n  got:    %s\n  wanted: %s\n", expectations[i].fixture,
				    got.buf, expectations[i].findings);
			wrong++;
		}
		result_release(&result);
	}
	assert_int_equal(wrong, 0);
}

static void add_words(struct strbuf *sb, const struct finding *finding)
{
	strbuf_addf(sb, "%s (confidence %.0f%%)\n%s\n", finding->id, 100 * finding->confidence,
		    finding->text);
	for (size_t i = 0; i < finding->setting_count; i++) {
		const struct finding_setting *setting = &finding->settings[i];

		strbuf_addf(sb, "  set %s=%s: %s; risk: %s\n",
			    setting->key ? setting->key : setting->variable, setting->value,
			    setting->why, setting->risk);
	}
	if (!isnan(finding->predicted_gain_pct))
		strbuf_addf(sb, "  %.1f%% less %s: %s\n", finding->predicted_gain_pct,
			    metric_info(finding->gain_metric)->key, finding->prediction);
	strbuf_addch(sb, '\n');
}

static void expect_words(const char *fixture, const struct strbuf *got)
{
	_cleanup_free_ char *path = fixture_path(fixture, "txt");

	golden_expect(path, got);
}

static void each_fixture_is_put_into_its_words(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
		struct result result;

		load(expectations[i].fixture, &result);
		for (size_t k = 0; k < result.finding_count; k++)
			add_words(&got, &result.findings[k]);
		expect_words(expectations[i].fixture, &got);
		result_release(&result);
	}
}

/* A rule that no fixture shows is not tested. */
static void every_rule_holds_somewhere(void **state)
{
	for (const char *const *id = explain_rule_ids(); *id; id++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(expectations) && !found; i++) {
			struct result result;

			load(expectations[i].fixture, &result);
			for (size_t k = 0; k < result.finding_count; k++)
				found |= !strcmp(result.findings[k].id, *id);
			result_release(&result);
		}
		if (!found)
			fail_msg("no fixture for %s", *id);
	}
}

/* Only measured time gives a prediction, never one above the CPU time that there is, and it says how. */
static void nothing_is_promised_from_a_count(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(expectations); i++) {
		struct result result;

		load(expectations[i].fixture, &result);
		bool timed = metrics_has(&result.runs[0].metrics, METRIC_FAULT_NS);
		for (size_t k = 0; k < result.finding_count; k++) {
			const struct finding *finding = &result.findings[k];

			assert_true(timed || isnan(finding->predicted_gain_pct));
			assert_false(finding->predicted_gain_pct < 0);
			assert_false(finding->predicted_gain_pct > 100);
			assert_int_equal(!isnan(finding->predicted_gain_pct),
					 !!finding->prediction);
			assert_true(finding->confidence > 0 && finding->confidence <= 1);
			assert_true(isnan(finding->measured_gain_pct));
			assert_int_equal(finding->judgement, JUDGEMENT_NOT_VERIFIED);
		}
		result_release(&result);
	}
}

/* 1.55 s x 548,000 of 554,200 faults + 0.31 s of calls, of 4.1 s. */
static void the_prediction_is_the_measured_time(void **state)
{
	struct result result;

	load("incident-observation", &result);
	assert_float_equal(result.findings[1].predicted_gain_pct,
			   100 * (1.55 * 548000 / 554200 + 0.31) / 4.1, 1e-6);
	assert_int_equal(result.findings[1].gain_metric, METRIC_CPU_NS);
	assert_float_equal(result.findings[1].evidence.value[METRIC_REFAULTS_DONTNEED], 548000, 0);
	result_release(&result);
}

/* Explaining again replaces what was there; the twin and the limit are nobody's program. */
static void explaining_is_repeatable_and_skips_references(void **state)
{
	struct result result;

	load("incident-observation", &result);
	size_t count = result.finding_count;
	struct contender *twin = result_add_contender(&result);
	twin->name = xstrdup("self:twin");
	twin->role = ROLE_TWIN;
	struct run *run = result_add_run(&result);
	*run = result.runs[0];
	run->contender_index = 1;
	run->probe = NULL;
	result_explain(&result, allocator_catalogue());
	assert_int_equal(result.finding_count, count);
	result_release(&result);
}

/* Of several observed runs the median counts; unobserved ones beside them do not. */
static void several_runs_count_by_their_median(void **state)
{
	struct result result;

	load("incident-observation", &result);
	double sure = result.findings[1].predicted_gain_pct;
	for (int i = 0; i < 2; i++) {
		struct run *run = result_add_run(&result);

		run->metrics = result.runs[0].metrics;
		run->metrics.value[METRIC_FAULT_NS] *= i ? 0.5 : 1.5;
		run->observed = true;
		run->round = 2 + (unsigned int)i;
	}
	struct run *unobserved = result_add_run(&result);
	unobserved->metrics = result.runs[0].metrics;
	unobserved->metrics.value[METRIC_CPU_NS] *= 100;
	result_explain(&result, allocator_catalogue());
	assert_float_equal(result.findings[1].predicted_gain_pct, sure, 1e-9);
	result_release(&result);
}

/* The catalogue answers for the version that serves the program; one that is not known counts as the newest. */
static void settings_are_those_of_the_version(void **state)
{
	static const struct {
		const char *version, *key, *value;
	} rows[] = {
		{ "3.3.2", "purge_delay", "10000" },
		{ "2.3.2", "purge_delay", "1000" },
		{ "2.0.9", "decommit_delay", "1000" },
		{ NULL, "purge_delay", "10000" },
	};
	struct result result;

	load("mmap-lock", &result);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char **version = &result.contenders[0].version;

		free(*version);
		*version = rows[i].version ? xstrdup(rows[i].version) : NULL;
		result_explain(&result, allocator_catalogue());
		assert_string_equal(result.findings[1].id, "mmap-lock");
		assert_int_equal(result.findings[1].setting_count, 1);
		assert_string_equal(result.findings[1].settings[0].key, rows[i].key);
		assert_string_equal(result.findings[1].settings[0].value, rows[i].value);
	}
	result_release(&result);
}

/* Without a catalogue the rules still see what there is, and propose nothing. */
static void without_a_catalogue_nothing_is_to_be_set(void **state)
{
	static const struct setting_catalogue none = { NULL, 0 };
	struct result result;

	load("mmap-lock", &result);
	size_t count = result.finding_count;
	result_explain(&result, &none);
	assert_true(result.finding_count > 1 && result.finding_count < count);
	for (size_t i = 0; i < result.finding_count; i++)
		assert_int_equal(result.findings[i].setting_count, 0);
	result_release(&result);
}

static void the_contender_that_verifies_is_named(void **state)
{
	struct result result;

	load("heap-shrink", &result);
	_cleanup_free_ char *none = finding_contender_name(&result, &result.findings[0]);
	_cleanup_free_ char *name = finding_contender_name(&result, &result.findings[1]);
	assert_null(none);
	assert_string_equal(name, "self[trim_threshold:256M,mmap_threshold:32M]");
	result_release(&result);

	/* Nothing that an allocator reads. */
	load("incident-go-42330", &result);
	_cleanup_free_ char *go = finding_contender_name(&result, &result.findings[1]);
	assert_null(go);
	result_release(&result);
}

/* Rounds in which the program with the setting takes `ratio` of the CPU time, give or take `spread`. */
static void add_some_rounds_of(struct result *result, size_t index, double ratio, double spread,
			       unsigned int rounds)
{
	struct contender *set = result_add_contender(result);

	set->name = xstrdup("self[x:1]");
	for (unsigned int round = 1; round <= rounds; round++)
		for (unsigned int with = 0; with < 2; with++) {
			struct run *run = result_add_run(result);
			double wobble = 1 + (round % 2 ? spread : -spread) + 0.001 * round;

			run->contender_index = with ? index : 0;
			run->round = round;
			run->metrics.value[METRIC_CPU_NS] = with ? 1e9 * ratio * wobble : 1e9;
			run->metrics.value[METRIC_WALL_NS] = 1e9;
		}
	result_summarise(result, 0.95);
}

static void add_rounds_of(struct result *result, size_t index, double ratio, double spread)
{
	add_some_rounds_of(result, index, ratio, spread, 10);
}

static void expect_judgement(double ratio, double spread, double predicted_pct,
			     enum finding_judgement wanted)
{
	struct result result;

	load("incident-observation", &result);
	result.findings[1].predicted_gain_pct = predicted_pct;
	add_rounds_of(&result, 1, ratio, spread);
	finding_verify(&result, 1, 1);
	enum finding_judgement got = result.findings[1].judgement;
	if (got != wanted)
		fail_msg("ratio %g +- %g, predicted %g: judged %d, wanted %d (%g to %g)", ratio,
			 spread, predicted_pct, got, wanted,
			 result.findings[1].measured_gain_pct_low,
			 result.findings[1].measured_gain_pct_high);
	result_release(&result);
}

static void verification_judges(void **state)
{
	expect_judgement(0.6, 0.02, 40, JUDGEMENT_AS_PREDICTED);
	/* Less than was promised is a gain all the same. */
	expect_judgement(0.9, 0.02, 40, JUDGEMENT_SMALLER);
	expect_judgement(1.0, 0.01, 40, JUDGEMENT_REFUTED);
	expect_judgement(1.3, 0.02, 40, JUDGEMENT_REFUTED);
	expect_judgement(0.99, 0.9, 40, JUDGEMENT_UNSETTLED);
	/* Without a prediction, what would count as a tie is no gain. */
	expect_judgement(1.0, 0.01, NAN, JUDGEMENT_REFUTED);
	expect_judgement(0.8, 0.01, NAN, JUDGEMENT_AS_PREDICTED);
}

static void two_rounds_settle_nothing(void **state)
{
	struct result result;

	load("incident-observation", &result);
	add_some_rounds_of(&result, 1, 0.5, 0.2, 2);
	finding_verify(&result, 1, 1);
	assert_true(result.findings[1].measured_gain_pct > 45);
	assert_true(isnan(result.findings[1].measured_gain_pct_low));
	assert_int_equal(result.findings[1].judgement, JUDGEMENT_UNSETTLED);
	assert_null(strstr(result.findings[1].text, " to "));
	result_release(&result);
}

/* A twin whose ratio is about 1 by luck, from rounds that are far from each other: a gain within that is not settled. */
static void a_gain_within_the_noise_is_not_real(void **state)
{
	struct result result;

	load("incident-observation", &result);
	result.findings[1].predicted_gain_pct = 10;
	struct contender *twin = result_add_contender(&result);
	twin->name = xstrdup("self (twin)");
	twin->role = ROLE_TWIN;
	for (unsigned int round = 1; round <= 10; round++) {
		struct run *run = result_add_run(&result);

		run->contender_index = 1;
		run->round = round;
		run->metrics.value[METRIC_CPU_NS] = round % 2 ? 0.7e9 : 1.4e9;
	}
	add_rounds_of(&result, 2, 0.9, 0.005);
	const struct summary *noise = result_find_summary(&result, 0, 1, METRIC_CPU_NS);
	assert_true(fabs(noise->ratio - 1) < 0.05);
	finding_verify(&result, 1, 2);
	assert_true(result.findings[1].measured_gain_pct_low > 0);
	assert_int_equal(result.findings[1].judgement, JUDGEMENT_UNSETTLED);
	result_release(&result);
}

static void what_was_not_run_is_not_verified(void **state)
{
	struct result result;

	load("incident-observation", &result);
	struct contender *set = result_add_contender(&result);
	set->name = xstrdup("self[x:1]");
	finding_verify(&result, 1, 1);
	assert_true(isnan(result.findings[1].measured_gain_pct));
	assert_int_equal(result.findings[1].judgement, JUDGEMENT_NOT_VERIFIED);
	result_release(&result);
}

/* A result without runs, or whose runs all failed, explains nothing. */
static void no_figures_no_findings(void **state)
{
	struct result result;

	load("incident-observation", &result);
	result.runs[0].error = xstrdup("killed by signal 9");
	result_explain(&result, allocator_catalogue());
	assert_int_equal(result.finding_count, 0);
	result_release(&result);
	result_init(&result);
	result_explain(&result, allocator_catalogue());
	assert_int_equal(result.finding_count, 0);
	result_release(&result);
}

/* A recorded shootout of three cases; the findings that it was saved with are forgotten. */
static void load_shootout(struct result *result)
{
	_cleanup_free_ char *path = xasprintf("%s/results/why.json", getenv("FIXTURES"));
	_cleanup_error_ struct error err = ERROR_INIT;

	result_init(result);
	if (document_load(path, result, &err) < 0)
		fail_msg("%s", err.message);
	while (result->finding_count)
		result_remove_finding(result, 0);
}

/* Its first case, its first contender: jemalloc, 4.35x slower than glibc. */
enum { SLOW_CONTENDER = 1 };

static struct summary *slow_summary(struct result *result, enum metric_id metric)
{
	for (size_t i = 0; i < result->summary_count; i++) {
		struct summary *summary = &result->summaries[i];

		if (summary->case_index == 0 && summary->contender_index == SLOW_CONTENDER &&
		    summary->metric == metric)
			return summary;
	}
	fail_msg("the fixture has no such summary");
	return NULL;
}

static const struct finding *slow_finding(struct result *result)
{
	result_explain_differences(result, allocator_catalogue());
	for (size_t i = 0; i < result->finding_count; i++)
		if (result->findings[i].case_index == 0 &&
		    result->findings[i].contender_index == SLOW_CONTENDER)
			return &result->findings[i];
	return NULL;
}

static void differences_are_said_in_figures_of_both_sides(void **state)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	struct result result;

	load_shootout(&result);
	result_explain_differences(&result, allocator_catalogue());
	for (size_t i = 0; i < result.finding_count; i++) {
		const struct finding *finding = &result.findings[i];

		assert_true(finding_is_difference(finding));
		assert_true(finding->confidence > 0 && finding->confidence <= 1);
		assert_int_equal(finding->setting_count, 0);
		assert_true(isnan(finding->predicted_gain_pct));
		strbuf_addf(&got, "%s, %s: %s: %s\n", result.cases[finding->case_index].name,
			    result.contenders[finding->contender_index].name, finding->id,
			    finding->text);
	}
	expect_words("differences", &got);
	result_release(&result);
}

static void expect_slow(struct result *result, const char *id, const char *part)
{
	const struct finding *finding = slow_finding(result);

	if (!finding)
		fail_msg("nothing is said; wanted: %s", part);
	if (strcmp(finding->id, id) || !strstr(finding->text, part))
		fail_msg("got: %s: %s\n  wanted: %s: %s", finding->id, finding->text, id, part);
	result_release(result);
}

/* The CPU time that is taken more decides, wherever it is taken. */
static void a_difference_is_where_the_cpu_time_is(void **state)
{
	struct result result;

	load_shootout(&result);
	slow_summary(&result, METRIC_USER_NS)->estimate = 2e9;
	expect_slow(&result, FINDING_USER_DIFFERENCE, "in user space, 2.00 s against ");

	/* 4.35 times the wall time for hardly more CPU time. */
	load_shootout(&result);
	slow_summary(&result, METRIC_USER_NS)->estimate = 100e6;
	slow_summary(&result, METRIC_SYS_NS)->estimate = 200e6;
	expect_slow(&result, FINDING_WAIT_DIFFERENCE,
		    "its threads wait more: CPU time 300 ms against ");

	load_shootout(&result);
	slow_summary(&result, METRIC_SYS_NS)->estimate = NAN;
	assert_null(slow_finding(&result));
	result_release(&result);
}

/* Of the observed rows of the slow contender, or of all. */
static void set_observed(struct result *result, bool all, enum metric_id metric, double value)
{
	for (size_t i = 0; i < result->run_count; i++) {
		struct run *run = &result->runs[i];

		if (run->observed && (all || run->contender_index == SLOW_CONTENDER))
			run->metrics.value[metric] = value;
	}
}

static void a_cause_is_named_only_where_it_was_seen(void **state)
{
	struct result result;

	/* What the kernel does more is not for memory. */
	load_shootout(&result);
	set_observed(&result, false, METRIC_SYS_NS, 60e9);
	expect_slow(&result, FINDING_KERNEL_DIFFERENCE,
		    "page faults and memory calls are the smaller part of it");

	/* Nor does it need to be known what the faster one's few faults took. */
	load_shootout(&result);
	set_observed(&result, true, METRIC_FAULT_NS, NAN);
	set_observed(&result, false, METRIC_FAULT_NS, 1e9);
	set_observed(&result, false, METRIC_SYS_NS, 60e9);
	expect_slow(&result, FINDING_KERNEL_DIFFERENCE,
		    "are the smaller part of it (1.10 s of jemalloc@5.3.0's)");

	/* Counts alone, or an observed run that was nothing like the others: the faults of the rounds. */
	load_shootout(&result);
	set_observed(&result, true, METRIC_MADVISE_DONTNEED_NS, NAN);
	assert_null(strstr(slow_finding(&result)->text, "refaults"));
	expect_slow(&result, FINDING_KERNEL_DIFFERENCE, "page faults against ");
	load_shootout(&result);
	set_observed(&result, false, METRIC_SYS_NS, 1e6);
	assert_null(strstr(slow_finding(&result)->text, "refaults"));
	expect_slow(&result, FINDING_KERNEL_DIFFERENCE, "page faults against ");

	/* Calls that take the time. */
	load_shootout(&result);
	set_observed(&result, false, METRIC_MUNMAP_NS, 3e9);
	set_observed(&result, false, METRIC_MUNMAP_CALLS, 12345);
	set_observed(&result, false, METRIC_SYS_NS, 4e9);
	set_observed(&result, false, METRIC_CPU_NS, 5e9);
	expect_slow(&result, FINDING_KERNEL_DIFFERENCE, "; 12,345 munmap calls against ");
}

static void what_is_not_settled_is_not_explained(void **state)
{
	struct result result;

	load_shootout(&result);
	slow_summary(&result, METRIC_WALL_NS)->verdict = VERDICT_UNCLEAR;
	assert_null(slow_finding(&result));
	slow_summary(&result, METRIC_WALL_NS)->verdict = VERDICT_TIE;
	assert_null(slow_finding(&result));
	slow_summary(&result, METRIC_WALL_NS)->verdict = VERDICT_SLOWER;
	assert_non_null(slow_finding(&result));
	/* What is judged by a figure of its own may have done more work in more time. */
	result.command.metric = METRIC_CUSTOM;
	assert_null(slow_finding(&result));
	result_release(&result);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fixture_gives_its_findings),
		cmocka_unit_test(each_fixture_is_put_into_its_words),
		cmocka_unit_test(every_rule_holds_somewhere),
		cmocka_unit_test(nothing_is_promised_from_a_count),
		cmocka_unit_test(the_prediction_is_the_measured_time),
		cmocka_unit_test(explaining_is_repeatable_and_skips_references),
		cmocka_unit_test(several_runs_count_by_their_median),
		cmocka_unit_test(settings_are_those_of_the_version),
		cmocka_unit_test(without_a_catalogue_nothing_is_to_be_set),
		cmocka_unit_test(the_contender_that_verifies_is_named),
		cmocka_unit_test(verification_judges),
		cmocka_unit_test(two_rounds_settle_nothing),
		cmocka_unit_test(a_gain_within_the_noise_is_not_real),
		cmocka_unit_test(what_was_not_run_is_not_verified),
		cmocka_unit_test(no_figures_no_findings),
		cmocka_unit_test(differences_are_said_in_figures_of_both_sides),
		cmocka_unit_test(a_difference_is_where_the_cpu_time_is),
		cmocka_unit_test(a_cause_is_named_only_where_it_was_seen),
		cmocka_unit_test(what_is_not_settled_is_not_explained),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
