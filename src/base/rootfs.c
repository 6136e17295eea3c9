/* SPDX-License-Identifier: MIT */
#include "base/rootfs.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"

enum { FILE_MAX_BYTES = 1 << 20 };

const struct rootfs rootfs_real = { "" };

int rootfs_read(const struct rootfs *fs, const char *path, struct strbuf *sb)
{
	_cleanup_free_ char *full = xasprintf("%s%s", fs->root, path);
	int r = strbuf_read_file(sb, full, FILE_MAX_BYTES);

	if (r == 0 && sb->len && sb->buf[sb->len - 1] == '\n')
		strbuf_truncate(sb, sb->len - 1);
	return r;
}

int rootfs_read_u64(const struct rootfs *fs, const char *path, uint64_t *ret)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	int r = rootfs_read(fs, path, &sb);

	return r < 0 ? r : parse_u64(sb.buf, ret);
}

int rootfs_read_field_u64(const struct rootfs *fs, const char *path, const char *key, uint64_t *ret)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	size_t key_len = strlen(key);
	int r = rootfs_read(fs, path, &sb);

	if (r < 0)
		return r;
	for (char *line = sb.buf; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, key_len) || line[key_len] != ':')
			continue;
		char *number = line + key_len + 1;
		while (isblank((unsigned char)*number))
			number++;
		number[strspn(number, "0123456789")] = '\0';
		return parse_u64(number, ret);
	}
	return -ENODATA;
}
