/* SPDX-License-Identifier: MIT */
/*
 * Any text as allocator.info, the note beside a library. Its values can be shown, the library that it names is a file in
 * its own folder, and its versions have an order.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc/info.h"
#include "base/cleanup.h"
#include "base/version.h"
#include "base/xalloc.h"

#define FOLDER "/a/b/"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_path(const char *text)
{
	_cleanup_free_ char *path = info_library_path(FOLDER "allocator.info", text);
	const char *name = path ? path + strlen(FOLDER) : NULL;

	if (path && (strncmp(path, FOLDER, strlen(FOLDER)) != 0 || !*name || strchr(name, '/') ||
		     !strcmp(name, ".") || !strcmp(name, "..")))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const keys[] = { "name", "version", "library", "prefix" };
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	char *values[4];

	check_path(text);
	for (size_t i = 0; i < 4; i++) {
		values[i] = info_value(text, keys[i]);
		for (const char *c = values[i]; c && *c; c++)
			if (iscntrl((unsigned char)*c))
				abort();
	}
	for (size_t i = 0; i < 4; i++) {
		if (version_compare(values[i], values[i]) != 0 ||
		    version_compare(values[i], values[1]) != -version_compare(values[1], values[i]))
			abort();
	}
	for (size_t i = 0; i < 4; i++)
		free(values[i]);
	return 0;
}
