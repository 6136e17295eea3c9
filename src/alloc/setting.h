/* SPDX-License-Identifier: MIT */
/*
 * alloc/setting: keys and values of settings: found in a catalogue, translated to what the allocator
 * reads, compared with what it says it uses. Pure.
 */
#ifndef MADVISOR_ALLOC_SETTING_H
#define MADVISOR_ALLOC_SETTING_H

#include "alloc/allocator.h"

/* By key or alias, in any case; NULL where the catalogue has none. */
const struct setting_info *setting_info_find(const struct allocator *allocator, const char *key)
	__attribute__((nonnull));

/*
 * The key of the catalogue or of the known options (may be NULL) that is written most like `key`, or NULL
 * where none is near. Borrowed from them.
 */
const char *setting_suggest(const struct allocator *allocator, const struct option_map *known,
			    const char *key) __attribute__((nonnull(1, 3)));

/*
 * The value as the allocator reads it: "256M" to "268435456", "yes" to "true" or "1". Refuses what is of
 * the wrong kind or out of range: -EINVAL, ERROR_USAGE. *ret is the caller's; *ret_number is set where the
 * value is a whole number. A key that is not in the catalogue (info NULL) is taken as it stands.
 */
int setting_translate(const struct allocator *allocator, const struct setting_info *info,
		      const char *value, char **ret, int64_t *ret_number, struct error *err)
	__attribute__((nonnull(1, 3, 4, 5), warn_unused_result));

/* Equal as texts, or as numbers in any base, or as truth values. */
bool setting_values_equal(const char *a, const char *b) __attribute__((nonnull));

/* "0 to 8M", "true, false", "never, always": what may be given. Caller frees. */
char *setting_range_text(const struct setting_info *info)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* "key" or "KEY", as the allocator's users write it. Caller frees. */
char *setting_key_text(const struct allocator *allocator, const char *key)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
