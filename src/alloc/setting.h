/* SPDX-License-Identifier: MIT */
/*
 * alloc/setting: finds keys in a catalogue, translates values to the allocator's syntax, compares
 * them with the values it reports. Pure.
 */
#ifndef MADVISOR_ALLOC_SETTING_H
#define MADVISOR_ALLOC_SETTING_H

#include "alloc/allocator.h"

/* By key or alias, in any case; NULL if not found. */
const struct setting_info *setting_info_find(const struct allocator *allocator, const char *key)
	__attribute__((nonnull));

/*
 * The key of the catalogue or of the known options (may be NULL) closest in spelling to `key`, or
 * NULL if all are too different. Borrowed from them.
 */
const char *setting_suggest(const struct allocator *allocator, const struct option_map *known,
			    const char *key) __attribute__((nonnull(1, 3)));

/*
 * The value in the allocator's syntax: "256M" to "268435456", "yes" to "true" or "1". A value of
 * the wrong kind or out of range is -EINVAL, ERROR_USAGE. Caller frees *ret; *ret_number is set for
 * whole numbers. The value of a key outside the catalogue (info NULL) is passed on unchanged.
 */
int setting_translate(const struct allocator *allocator, const struct setting_info *info,
		      const char *value, char **ret, int64_t *ret_number, struct error *err)
	__attribute__((nonnull(1, 3, 4, 5), warn_unused_result));

/* Equal as texts, or as numbers in any base, or as truth values. */
bool setting_values_equal(const char *a, const char *b) __attribute__((nonnull));

/* The permitted values: "0 to 8M", "true, false", "never, always". Caller frees. */
char *setting_range_text(const struct setting_info *info)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* A number of the setting's kind: "8M". Caller frees. */
char *setting_number_text(const struct setting_info *info, int64_t number)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* "key" or "KEY", as the allocator's users write it. Caller frees. */
char *setting_key_text(const struct allocator *allocator, const char *key)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
