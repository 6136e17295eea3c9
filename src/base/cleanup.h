/* SPDX-License-Identifier: MIT */
/*
 * base/cleanup: scope-bound release, so that every early return frees what it holds.
 *
 * `_cleanup_(fn)` calls fn(&variable) when the variable leaves scope; fn gets a pointer to it and
 * must accept the empty state. A variable must be initialised where it is declared.
 */
#ifndef MADVISOR_BASE_CLEANUP_H
#define MADVISOR_BASE_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A variable may exist only to be released: gcc counts that as a use, clang does not. */
#define _cleanup_(fn) __attribute__((cleanup(fn), unused))
#define _cleanup_free_ _cleanup_(cleanup_free)
#define _cleanup_close_ _cleanup_(cleanup_close)
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
#define _cleanup_closedir_ _cleanup_(cleanup_closedir)

/* Hands the value of an owned pointer or descriptor to the caller and empties the variable. */
#define TAKE_PTR(p)                     \
	({                              \
		typeof(p) taken_ = (p); \
		(p) = NULL;             \
		taken_;                 \
	})
#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_closedir(DIR **d)
{
	if (*d)
		closedir(*d);
}

#endif
