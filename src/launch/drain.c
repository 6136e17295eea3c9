/* SPDX-License-Identifier: MIT */
#include "launch/drain.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

enum {
	REPORT_MAX_BYTES = 1 << 20,
	ERR_TAIL_BYTES = 4096,
	ERR_HEAD_BYTES = 1 << 16,
	CHUNK_BYTES = WIRES_PIPE_BYTES, /* one read empties a pipe */
	DRAIN_READS = 4,
};

/* Keeps the last `max` bytes of a text. */
static void keep_tail(struct strbuf *text, size_t max)
{
	if (text->len <= max)
		return;
	memmove(text->buf, text->buf + text->len - max, max);
	strbuf_truncate(text, max);
}

/* Keeps the first `max` bytes of a stream. */
static void keep_head(struct strbuf *text, const char *chunk, size_t len, size_t max)
{
	strbuf_add(text, chunk, text->len + len <= max ? len : max - text->len);
}

void drain(const struct wires *wires, struct outcome *outcome, int *fd)
{
	static char chunk[CHUNK_BYTES];
	ssize_t n = read(*fd, chunk, sizeof(chunk));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(TAKE_FD(*fd));
	} else if (fd == &wires->err[0]) {
		keep_head(&outcome->err_head, chunk, (size_t)n, ERR_HEAD_BYTES);
		strbuf_add(&outcome->err_text, chunk, (size_t)n);
		digest_add(&outcome->err_digest, chunk, (size_t)n);
		keep_tail(&outcome->err_text, ERR_TAIL_BYTES);
	} else if (fd == &wires->report[0]) {
		keep_head(&outcome->report, chunk, (size_t)n, REPORT_MAX_BYTES);
	} else {
		printed_add(&outcome->out, chunk, (size_t)n);
	}
}

void drain_rest(const struct wires *wires, struct outcome *outcome, int *fd)
{
	for (size_t i = 0; *fd >= 0 && i < DRAIN_READS; i++) {
		struct pollfd fds = { *fd, POLLIN, 0 };

		if (poll(&fds, 1, 0) <= 0)
			return;
		drain(wires, outcome, fd);
	}
}
