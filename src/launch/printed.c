/* SPDX-License-Identifier: MIT */
#include "launch/printed.h"

#include <string.h>

void printed_init(struct printed *printed)
{
	*printed = (struct printed){ .head = STRBUF_INIT, .tail = STRBUF_INIT };
	digest_init(&printed->digest);
}

void printed_release(struct printed *printed)
{
	if (!printed)
		return;
	strbuf_release(&printed->head);
	strbuf_release(&printed->tail);
}

/* Holds up to twice the promised size, so that many small pieces need only one move. */
static void keep_tail(struct strbuf *tail, const char *bytes, size_t len)
{
	if (len >= PRINTED_TAIL_BYTES) {
		strbuf_truncate(tail, 0);
		strbuf_add(tail, bytes + len - PRINTED_TAIL_BYTES, PRINTED_TAIL_BYTES);
		return;
	}
	if (tail->len + len > 2 * PRINTED_TAIL_BYTES) {
		size_t kept = PRINTED_TAIL_BYTES - len;

		memmove(tail->buf, tail->buf + tail->len - kept, kept);
		strbuf_truncate(tail, kept);
	}
	strbuf_add(tail, bytes, len);
}

void printed_add(struct printed *printed, const char *bytes, size_t len)
{
	size_t room = PRINTED_HEAD_BYTES - printed->head.len;

	strbuf_add(&printed->head, bytes, len < room ? len : room);
	keep_tail(&printed->tail, bytes, len);
	digest_add(&printed->digest, bytes, len);
}

const char *printed_head_lines(const struct printed *printed, size_t *ret_len)
{
	const struct strbuf *head = &printed->head;

	*ret_len = head->len;
	if (printed->digest.bytes > head->len) {
		const char *last = memrchr(head->buf, '\n', head->len);

		*ret_len = last ? (size_t)(last - head->buf) + 1 : 0;
	}
	return head->buf;
}

const char *printed_tail_lines(const struct printed *printed, size_t *ret_len)
{
	const struct strbuf *tail = &printed->tail;
	const char *from = tail->buf;

	if (printed->digest.bytes > tail->len) {
		const char *first = memchr(tail->buf, '\n', tail->len);

		from = first ? first + 1 : tail->buf + tail->len;
	}
	*ret_len = (size_t)(tail->buf + tail->len - from);
	return from;
}
