/* SPDX-License-Identifier: MIT */
#include "proc/maps.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#define DELETED " (deleted)"

/* Of a line that is being read: what is left of it, and whether it was what it should be so far. */
struct cursor {
	const char *at, *end;
	bool good;
};

static int digit_of(char c, unsigned int base)
{
	int value = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

	return value >= 0 && (unsigned int)value < base ? value : -1;
}

/* A number and the sign behind it. */
static uint64_t take_number(struct cursor *cursor, unsigned int base, char behind)
{
	const char *start = cursor->at;
	uint64_t value = 0;
	int digit;

	for (; cursor->at < cursor->end && (digit = digit_of(*cursor->at, base)) >= 0; cursor->at++)
		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			cursor->good = false;
	if (cursor->at == start || (cursor->at < cursor->end && *cursor->at != behind) ||
	    (cursor->at == cursor->end && behind != ' '))
		cursor->good = false;
	else if (cursor->at < cursor->end)
		cursor->at++;
	return value;
}

/* "rwxp " */
static void take_rights(struct cursor *cursor, struct map_line *ret)
{
	const char *rights = cursor->at;

	if (cursor->end - rights < 5 || rights[4] != ' ') {
		cursor->good = false;
		return;
	}
	ret->readable = rights[0] == 'r';
	ret->writable = rights[1] == 'w';
	ret->executable = rights[2] == 'x';
	ret->shared = rights[3] == 's';
	cursor->at += 5;
}

/* "7f..-7f.. r-xp 00026000 fe:00 5243      /usr/lib/x86_64-linux-gnu/libc.so.6" */
static bool parse_line(const char *line, size_t len, struct map_line *ret)
{
	struct cursor cursor = { line, line + len, true };

	*ret = (struct map_line){ .start = take_number(&cursor, 16, '-') };
	ret->end = take_number(&cursor, 16, ' ');
	take_rights(&cursor, ret);
	ret->offset = take_number(&cursor, 16, ' ');
	uint64_t major = take_number(&cursor, 16, ':');
	uint64_t minor = take_number(&cursor, 16, ' ');
	ret->device = makedev((unsigned int)major, (unsigned int)minor);
	ret->inode = take_number(&cursor, 10, ' ');
	while (cursor.at < cursor.end && *cursor.at == ' ')
		cursor.at++;
	ret->path = cursor.at;
	ret->path_len = (size_t)(cursor.end - cursor.at);
	return cursor.good && ret->start < ret->end;
}

bool map_next(const char **text, struct map_line *ret)
{
	while (**text) {
		const char *line = *text;
		size_t len = strcspn(line, "\n");

		*text += len + (line[len] == '\n');
		if (parse_line(line, len, ret))
			return true;
	}
	return false;
}

char *map_line_path(const struct map_line *line, bool *ret_deleted)
{
	size_t len = line->path_len, suffix = strlen(DELETED);

	*ret_deleted = len > suffix && !memcmp(line->path + len - suffix, DELETED, suffix);
	return xstrndup(line->path, *ret_deleted ? len - suffix : len);
}

/* The device and inode that the kernel shows for a mapping of this process. */
static bool find_numbers(const void *place, dev_t *ret_device, uint64_t *ret_inode)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct map_line line;

	if (strbuf_read_file(&text, "/proc/self/maps", PROC_MAPS_MAX) < 0)
		return false;
	for (const char *rest = text.buf; map_next(&rest, &line);)
		if (line.start <= (uintptr_t)place && line.end > (uintptr_t)place) {
			*ret_device = line.device;
			*ret_inode = line.inode;
			return true;
		}
	return false;
}

bool map_file_numbers(int fd, dev_t *ret_device, uint64_t *ret_inode)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	void *place = mmap(NULL, page_bytes, PROT_READ, MAP_PRIVATE, fd, 0);
	if (place == MAP_FAILED)
		return false;
	bool found = find_numbers(place, ret_device, ret_inode);
	munmap(place, page_bytes);
	return found;
}

bool map_file_matches(int fd, dev_t device, uint64_t inode)
{
	dev_t own_device;
	uint64_t own_inode;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	if (st.st_dev == device && st.st_ino == inode)
		return true;
	return map_file_numbers(fd, &own_device, &own_inode) && own_device == device &&
	       own_inode == inode;
}
