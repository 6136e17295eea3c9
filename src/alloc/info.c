/* SPDX-License-Identifier: MIT */
#include "alloc/info.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/xalloc.h"

static bool is_printable(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (iscntrl((unsigned char)text[i]))
			return false;
	return true;
}

char *info_value(const char *text, const char *key)
{
	size_t key_len = strlen(key);

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, key, key_len) != 0 || line[key_len] != '=')
			continue;
		const char *value = line + key_len + 1;
		size_t len = strcspn(value, "\n");

		return is_printable(value, len) ? xstrndup(value, len) : NULL;
	}
	return NULL;
}

char *info_library_path(const char *info_path, const char *text)
{
	_cleanup_free_ char *file = info_value(text, "library");
	_cleanup_free_ char *folder = path_folder(info_path);

	if (!file || !*file || strchr(file, '/') || !strcmp(file, ".") || !strcmp(file, ".."))
		return NULL;
	return xasprintf("%s/%s", folder, file);
}
