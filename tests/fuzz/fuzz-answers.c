/* SPDX-License-Identifier: MIT */
/*
 * What allocators answer when they are asked what they use: the first byte says which one answers, the rest is the text.
 * Whatever it is: options with names, each once, and no more than there is room for; or a refusal that says why.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/allocator.h"
#include "alloc/retention.h"
#include "alloc/setting.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_options(const struct option_map *map)
{
	if (map->count > OPTION_MAP_MAX)
		abort();
	for (size_t i = 0; i < map->count; i++) {
		const struct setting *option = &map->items[i];

		if (option_map_find(map, option->key) != option)
			abort();
		/* As a value that was asked for is held against what is in use. */
		if (option->value && !setting_values_equal(option->value, option->value))
			abort();
	}
}

static void hear(const struct allocator *allocator, const char *text, struct option_map *map)
{
	_cleanup_error_ struct error err = ERROR_INIT;

	if (allocator->hear(text, map, &err) < 0 && (err.kind != ERROR_USAGE || !err.message))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_option_map_ struct option_map map = { 0 };

	if (!size)
		return 0;
	_cleanup_free_ char *text = xstrndup((const char *)data + 1, size - 1);

	switch (data[0]) {
	case 'g':
		option_map_read_tunables(&map, text, "glibc.malloc.");
		break;
	case 'j':
		hear(&allocator_jemalloc, text, &map);
		break;
	case 'm':
		hear(&allocator_mimalloc, text, &map);
		break;
	case 'r': {
		struct retention told;

		if (retention_parse(text, &told) == 0 &&
		    (!told.allocator || !(told.resident >= 0) || told.live < 0 ||
		     told.freeable < 0))
			abort();
		break;
	}
	case 't':
		for (size_t i = 0; i < allocator_tcmalloc.setting_count; i++)
			option_map_set(&map, allocator_tcmalloc.settings[i].key, NULL);
		option_map_read_values(&map, text);
		break;
	default:
		return 0;
	}
	check_options(&map);
	return 0;
}
