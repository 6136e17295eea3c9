/* SPDX-License-Identifier: MIT */
/*
 * identify/version: how allocators write their versions, in texts and in numbers: the same in a file that is only
 * looked at as in a library that is asked.
 *
 * The results are "5.3.0" and the like, the caller's to free; NULL where it is no version.
 */
#ifndef MADVISOR_IDENTIFY_VERSION_H
#define MADVISOR_IDENTIFY_VERSION_H

#include <stdbool.h>
#include <stdint.h>

/* "5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c": a version, commits since, a commit. */
bool jemalloc_writes_version(const char *text) __attribute__((nonnull, pure));
/* Of such a text. NULL also for "0.0.0-0-g0…", as a build outside git calls itself. */
char *jemalloc_version(const char *text) __attribute__((nonnull, warn_unused_result));

/* Of MI_MALLOC_VERSION: 209 is 2.0.9 and 224 is 2.2.4; 20302 is 2.3.2, from that version on. */
char *mimalloc_version(int64_t number) __attribute__((warn_unused_result));

/* Of a text that has "TBBmalloc: VERSION\t\t2021.8" in it, which TBB_VERSION=1 makes oneTBB print. */
char *tbb_version(const char *text) __attribute__((nonnull, warn_unused_result));

#endif
