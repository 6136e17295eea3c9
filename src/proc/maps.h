/* SPDX-License-Identifier: MIT */
/*
 * proc/maps: what a process has mapped, by the text of /proc/PID/maps (proc(5)).
 *
 * The numbers of a file in it are those that the kernel keeps for the mapped inode. On file systems
 * with parts (btrfs) or layers (overlay) stat(2) gives other ones for the same file:
 * map_file_matches() and map_file_numbers() compare like with like.
 */
#ifndef MADVISOR_PROC_MAPS_H
#define MADVISOR_PROC_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A map has at most 65,530 lines unless vm.max_map_count was raised. */
#define PROC_MAPS_MAX ((size_t)64 << 20)

struct map_line {
	uint64_t start, end;
	bool readable, writable, executable, shared;
	uint64_t offset; /* in the file */
	dev_t device;
	uint64_t inode; /* 0: no file */
	/*
	 * As the process named it: "/usr/lib/libc.so.6", "[heap]", "/x (deleted)"; not terminated;
	 * length 0 without one. Borrowed from the text.
	 */
	const char *path;
	size_t path_len;
};

/* Parses the next line and advances the text. Malformed lines are skipped; false at the end. */
bool map_next(const char **text, struct map_line *ret) __attribute__((nonnull));

/* The path without " (deleted)"; *ret_deleted says whether it had that. Caller frees. */
char *map_line_path(const struct map_line *line, bool *ret_deleted)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * The numbers by which a map names an open file. The file is mapped here for that; nothing of it is
 * read. False unless it is a regular file that can be mapped.
 */
bool map_file_numbers(int fd, dev_t *ret_device, uint64_t *ret_inode) __attribute__((nonnull));
/* Whether an open file is the one that a map names by these numbers. */
bool map_file_matches(int fd, dev_t device, uint64_t inode);

#endif
