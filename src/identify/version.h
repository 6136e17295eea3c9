/* SPDX-License-Identifier: MIT */
/*
 * identify/version: parses the version texts and numbers of allocators, from a file's contents or
 * from a loaded library's answer.
 *
 * Results are "5.3.0" and the like, freed by the caller; NULL if the text is not a version.
 */
#ifndef MADVISOR_IDENTIFY_VERSION_H
#define MADVISOR_IDENTIFY_VERSION_H

#include <stdbool.h>
#include <stdint.h>

/* "5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c": a version, commits since, a commit. */
bool jemalloc_writes_version(const char *text) __attribute__((nonnull, pure));
/* From such a text. NULL also for "0.0.0-0-g0…", the version of builds outside git. */
char *jemalloc_version(const char *text) __attribute__((nonnull, warn_unused_result));

/* Of MI_MALLOC_VERSION: 209 is 2.0.9 and 224 is 2.2.4; 20302 is 2.3.2, from that version on. */
char *mimalloc_version(int64_t number) __attribute__((warn_unused_result));

/* Of a text that has "TBBmalloc: VERSION\t\t2021.8" in it, which TBB_VERSION=1 makes oneTBB print. */
char *tbb_version(const char *text) __attribute__((nonnull, warn_unused_result));

#endif
