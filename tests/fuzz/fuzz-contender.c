/* SPDX-License-Identifier: MIT */
/*
 * Lists of contenders, and the values of their settings. What is accepted must mean the same when it is
 * written out and read again; a value that is translated must be in the form its allocator reads, and
 * translating that again must change nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/setting.h"
#include "alloc/spec.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_round_trip(const struct contender_spec *spec)
{
	for (const char *separator = ":="; *separator; separator++) {
		_cleanup_contender_spec_ struct contender_spec again = { 0 };
		_cleanup_free_ char *text = contender_spec_format(spec, *separator);

		if (contender_spec_parse(text, &again, NULL) < 0)
			abort();
		_cleanup_free_ char *second = contender_spec_format(&again, *separator);
		if (strcmp(text, second))
			abort();
	}
}

static void check_setting(const struct allocator *allocator, const struct setting *setting)
{
	const struct setting_info *info = setting_info_find(allocator, setting->key);
	_cleanup_free_ char *translated = NULL, *again = NULL;
	_cleanup_error_ struct error err = ERROR_INIT;
	int64_t number, second;

	if (!info) {
		setting_suggest(allocator, NULL, setting->key);
		return;
	}
	if (setting_translate(allocator, info, setting->value, &translated, &number, &err) < 0) {
		if (!err.message || !err.hint)
			abort();
		return;
	}
	if (setting_translate(allocator, info, translated, &again, &second, NULL) < 0 ||
	    strcmp(translated, again) || number != second)
		abort();
	if (!setting_values_equal(translated, again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	_cleanup_contender_list_ struct contender_list list = { 0 };
	_cleanup_error_ struct error err = ERROR_INIT;

	if (contender_list_parse(text, &list, &err) < 0) {
		if (err.kind != ERROR_USAGE || !err.message || list.count)
			abort();
		return 0;
	}
	for (size_t i = 0; i < list.count; i++) {
		const struct contender_spec *spec = &list.items[i];

		check_round_trip(spec);
		for (size_t k = 0; k < spec->setting_count; k++)
			for (size_t a = 0; a < allocator_count; a++)
				check_setting(allocators[a], &spec->settings[k]);
	}
	return 0;
}
