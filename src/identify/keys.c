/* SPDX-License-Identifier: MIT */
#include "identify/keys.h"

#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "base/list.h"

/* No key is longer. */
#define KEY_MAX 64

static const struct {
	const char *allocator, *keys;
} lists[] = {
	{ "jemalloc",
	  "abort abort_conf background_thread bin_shards cache_oblivious calloc_madvise_threshold "
	  "confirm_conf debug_double_free_max_scan dirty_decay_ms disable_large_size_classes dss "
	  "experimental_hpa_enforce_hugify experimental_hpa_max_purge_nhp "
	  "experimental_hpa_start_huge_if_thp_always experimental_infallible_new "
	  "experimental_tcache_gc hpa hpa_dirty_mult hpa_hugification_threshold "
	  "hpa_hugification_threshold_ratio hpa_hugify_delay_ms hpa_hugify_style hpa_hugify_sync "
	  "hpa_min_purge_delay_ms hpa_min_purge_interval_ms hpa_purge_threshold "
	  "hpa_sec_batch_fill_extra hpa_sec_bytes_after_flush hpa_sec_max_alloc hpa_sec_max_bytes "
	  "hpa_sec_nshards hpa_slab_max_alloc hpa_strict_min_purge_interval huge_arena_pac_thp junk "
	  "lg_extent_max_active_fit lg_prof_interval lg_prof_max lg_prof_sample lg_san_uaf_align "
	  "lg_tcache_flush_large_div lg_tcache_flush_small_div lg_tcache_max lg_tcache_nslots_mul "
	  "max_background_threads max_batched_size metadata_thp munmap muzzy_decay_ms "
	  "mutex_max_spin narenas oversize_threshold percpu_arena process_madvise_max_batch prof "
	  "prof_accum prof_active prof_bt_max prof_final prof_gdump prof_leak prof_leak_error "
	  "prof_log prof_pid_namespace prof_prefix prof_recent_alloc_max prof_stats "
	  "prof_sys_thread_name prof_thread_active_init prof_time_resolution "
	  "prof_unbias remote_free_max remote_free_max_batch retain san_guard_large san_guard_small "
	  "slab_sizes stats_interval stats_interval_opts stats_print stats_print_opts tcache "
	  "tcache_gc_delay_bytes tcache_gc_incr_bytes tcache_max tcache_ncached_max "
	  "tcache_nslots_large tcache_nslots_small_max tcache_nslots_small_min thp trust_madvise "
	  "utrace xmalloc zero zero_realloc" },
	{ "mimalloc",
	  "abandoned_page_purge abandoned_page_reset abandoned_reclaim_on_free allow_decommit "
	  "allow_large_os_pages allow_thp arena_eager_commit arena_is_numa_local "
	  "arena_max_object_size arena_purge_delay arena_purge_mult arena_reserve decommit_delay "
	  "decommit_extend_delay deprecated_abandoned_page_purge deprecated_eager_commit "
	  "deprecated_eager_commit_delay deprecated_max_segment_reclaim deprecated_page_reset "
	  "deprecated_segment_cache deprecated_segment_reset destroy_on_exit disallow_arena_alloc "
	  "disallow_os_alloc eager_commit eager_commit_delay eager_region_commit generic_collect "
	  "guarded_max guarded_min guarded_precise guarded_sample_rate guarded_sample_seed "
	  "large_os_pages limit_os_alloc max_errors max_segment_reclaim max_vabits max_warnings "
	  "minimal_purge_size os_tag page_commit_on_demand page_cross_thread_max_reclaim "
	  "page_full_retain page_max_candidates page_max_reclaim page_reset pagemap_commit "
	  "purge_decommits purge_delay purge_extend_delay remap_threshold reserve_huge_os_pages "
	  "reserve_huge_os_pages_at reserve_os_memory reset_decommits reset_delay retry_on_oom "
	  "segment_cache segment_decommit_delay segment_reset show_errors show_stats "
	  "target_segments_per_thread use_numa_nodes verbose visit_abandoned" },
	{ "glibc",
	  "arena_max arena_test check hugetlb mmap_max mmap_threshold mxfast perturb tcache_count "
	  "tcache_max tcache_unsorted_limit top_pad trim_threshold "
	  "MALLOC_ARENA_MAX MALLOC_ARENA_TEST MALLOC_CHECK_ MALLOC_MMAP_MAX_ "
	  "MALLOC_MMAP_THRESHOLD_ MALLOC_PERTURB_ MALLOC_TOP_PAD_ MALLOC_TRIM_THRESHOLD_" },
	{ "tcmalloc",
	  "aggressive_decommit devmem_device devmem_limit devmem_start disable_memory_release "
	  "heap_limit_mb large_alloc_report_threshold max_per_cpu_cache_size "
	  "max_total_thread_cache_bytes memfs_abort_on_fail memfs_disable_fallback "
	  "memfs_ignore_mmap_fail memfs_limit_mb memfs_malloc_path memfs_map_private "
	  "reclaim_memory release_rate sample_parameter skip_mmap skip_sbrk stacktrace_method "
	  "transfer_num_obj" },
	{ "tbb", "set_huge_size_threshold use_huge_pages" },
};

/* Names that went, and the first version without them. */
static const struct {
	const char *allocator, *keys, *below;
} former[] = {
	{ "jemalloc", "decay_time lg_chunk lg_dirty_mult purge quarantine redzone", "5.0" },
};

const char *key_below(const char *allocator, const char *key)
{
	for (size_t i = 0; *key && i < ARRAY_SIZE(former); i++)
		if (!strcmp(former[i].allocator, allocator) && list_has(former[i].keys, " ", key))
			return former[i].below;
	return NULL;
}

const char *keys_of(const char *allocator)
{
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (!strcmp(lists[i].allocator, allocator))
			return lists[i].keys;
	return NULL;
}

bool key_is_known(const char *allocator, const char *key)
{
	return *key &&
	       (list_has(keys_of(allocator), " ", key) || key_below(allocator, key) != NULL);
}

/* One "key:value"; false unless its key is known and its value is not empty. */
static bool is_pair(const char *text, size_t len)
{
	const char *colon = memchr(text, ':', len);
	size_t key_len = colon ? (size_t)(colon - text) : 0;
	char key[KEY_MAX] = { 0 };

	if (!key_len || key_len >= sizeof(key) || key_len + 1 >= len)
		return false;
	memcpy(key, text, key_len);
	return key_is_known("jemalloc", key) && !memchr(text, ' ', len) && !memchr(text, '%', len);
}

bool is_jemalloc_conf(const char *text)
{
	for (;;) {
		size_t len = strcspn(text, ",");

		if (!is_pair(text, len))
			return false;
		if (!text[len])
			return true;
		text += len + 1;
	}
}
