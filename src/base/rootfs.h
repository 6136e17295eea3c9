/* SPDX-License-Identifier: MIT */
/*
 * base/rootfs: a machine's files below a root: "/", or a recording in tests.
 *
 * Paths are absolute ("/proc/meminfo") and are looked up below the root. The handle borrows the root's
 * name. Errors are those of open(2) and read(2), negative.
 */
#ifndef MADVISOR_BASE_ROOTFS_H
#define MADVISOR_BASE_ROOTFS_H

#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

struct rootfs {
	const char *root; /* "" is the real one; no trailing slash */
};

extern const struct rootfs rootfs_real;

/* Appends the whole file, at most 1 MiB, without one trailing newline. */
int rootfs_read(const struct rootfs *fs, const char *path, struct strbuf *sb)
	__attribute__((nonnull, warn_unused_result));
/* Reads a file that holds one unsigned decimal number. -EINVAL for other contents. */
int rootfs_read_u64(const struct rootfs *fs, const char *path, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));
/* The number behind "key:" in a "key: number unit" file such as /proc/meminfo; -ENODATA without it. */
int rootfs_read_field_u64(const struct rootfs *fs, const char *path, const char *key, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));

#endif
