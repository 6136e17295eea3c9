/* SPDX-License-Identifier: MIT */
/*
 * identify/keys: the names of all settings that allocators know, beyond the catalogue of alloc/,
 * which holds those worth trying. For two uses: to tell settings compiled into a file from other
 * texts, and names that an allocator ignores from those that it takes. Pure.
 *
 * Sources: jemalloc 5.0 to 5.3.1 src/jemalloc.c (CONF_HANDLE_*) and the names of 4.5 that old
 * configurations still hold; mimalloc 2.0 to 3.3 src/options.c; glibc 2.31 to 2.42
 * elf/dl-tunables.list and malloc/; gperftools 2.10 docs/tcmalloc.adoc and its libraries' texts;
 * oneTBB 2021 src/tbbmalloc.
 */
#ifndef MADVISOR_IDENTIFY_KEYS_H
#define MADVISOR_IDENTIFY_KEYS_H

#include <stdbool.h>

/*
 * Whether some version of the allocator ("jemalloc") has the setting, in any case, without the
 * prefix of its variable: "narenas", "PURGE_DELAY". False for an allocator that is not listed.
 */
bool key_is_known(const char *allocator, const char *key) __attribute__((nonnull, pure));
/* The first version that no longer has the setting ("5.0"), by its exact name; NULL: none is known. Static. */
const char *key_below(const char *allocator, const char *key) __attribute__((nonnull, pure));
/* The names that recent versions have, separated by spaces; NULL: the allocator is not listed. Static. */
const char *keys_of(const char *allocator) __attribute__((nonnull, pure));

/*
 * Whether a text is a list of jemalloc's settings: "narenas:1,dirty_decay_ms:0". Each key must be
 * one that jemalloc knows.
 */
bool is_jemalloc_conf(const char *text) __attribute__((nonnull, pure));

#endif
