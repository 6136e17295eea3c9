/* SPDX-License-Identifier: MIT */
/*
 * base/strbuf: a growing byte string that is always NUL-terminated.
 *
 * Life cycle: STRBUF_INIT, any number of strbuf_add*, then strbuf_release() or strbuf_detach().
 * buf is never NULL. len does not count the final NUL; the contents may hold NULs of their own.
 */
#ifndef MADVISOR_BASE_STRBUF_H
#define MADVISOR_BASE_STRBUF_H

#include <stdarg.h>
#include <stddef.h>

struct strbuf {
	char *buf;
	size_t len;
	size_t alloc;
};

extern char strbuf_empty[1];
#define STRBUF_INIT                \
	{                          \
		strbuf_empty, 0, 0 \
	}
#define _cleanup_strbuf_ __attribute__((cleanup(strbuf_release)))

void strbuf_add(struct strbuf *sb, const void *data, size_t len) __attribute__((nonnull(1)));
void strbuf_addstr(struct strbuf *sb, const char *s) __attribute__((nonnull));
void strbuf_addch(struct strbuf *sb, char c) __attribute__((nonnull));
void strbuf_addf(struct strbuf *sb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3), nonnull(1)));
void strbuf_vaddf(struct strbuf *sb, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0), nonnull(1)));

/* Shortens to len, which must not exceed the present length. */
void strbuf_truncate(struct strbuf *sb, size_t len) __attribute__((nonnull));

/* Gives the text away; the caller frees it. sb is empty and usable afterwards. */
char *strbuf_detach(struct strbuf *sb)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * Appends a file's contents, or what is left to read from a descriptor. More than max bytes is
 * -EFBIG with the first max bytes kept. Other failures: negative errno.
 */
int strbuf_read_file(struct strbuf *sb, const char *path, size_t max)
	__attribute__((nonnull, warn_unused_result));
int strbuf_read_fd(struct strbuf *sb, int fd, size_t max)
	__attribute__((nonnull, warn_unused_result));

/* Appends untrusted text with control bytes, backslashes and broken UTF-8 as \xNN escapes. */
void strbuf_add_escaped(struct strbuf *sb, const char *s) __attribute__((nonnull));

void strbuf_release(struct strbuf *sb);

#endif
