/* SPDX-License-Identifier: MIT */
/*
 * base/xalloc: allocation that aborts on failure.
 *
 * madvisor's own data is small; when even that cannot be had, carrying on would only produce a wrong
 * report, so these print one line and abort. The caller owns what they return and frees it with free().
 */
#ifndef MADVISOR_BASE_XALLOC_H
#define MADVISOR_BASE_XALLOC_H

#include <stdarg.h>
#include <stddef.h>

#define XALLOC_ATTR __attribute__((returns_nonnull, warn_unused_result))

void *xmalloc(size_t size) XALLOC_ATTR __attribute__((malloc, alloc_size(1)));
void *xcalloc(size_t count, size_t size) XALLOC_ATTR __attribute__((malloc, alloc_size(1, 2)));
void *xreallocarray(void *p, size_t count, size_t size) XALLOC_ATTR;
char *xstrdup(const char *s) XALLOC_ATTR __attribute__((nonnull));
char *xstrndup(const char *s, size_t max) XALLOC_ATTR __attribute__((nonnull));
char *xasprintf(const char *fmt, ...) XALLOC_ATTR __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *fmt, va_list ap) XALLOC_ATTR __attribute__((format(printf, 1, 0)));

#endif
