/* SPDX-License-Identifier: MIT */
/*
 * launch/printed: keeps the start, the end and a digest of a stream of any length.
 *
 * A program that prints gigabytes must neither fill madvisor's memory nor wait for madvisor, as its
 * wall time would include the wait.
 */
#ifndef MADVISOR_LAUNCH_PRINTED_H
#define MADVISOR_LAUNCH_PRINTED_H

#include <stdint.h>

#include "base/digest.h"
#include "base/strbuf.h"

enum { PRINTED_HEAD_BYTES = 16 << 20, PRINTED_TAIL_BYTES = 2 << 20 };

struct printed {
	struct strbuf head; /* the first PRINTED_HEAD_BYTES */
	struct strbuf tail; /* at least the last PRINTED_TAIL_BYTES, also of what is in the head */
	struct digest digest;
};

void printed_init(struct printed *printed) __attribute__((nonnull));
void printed_add(struct printed *printed, const char *bytes, size_t len) __attribute__((nonnull));
void printed_release(struct printed *printed);

/*
 * The whole lines in the head, or in the tail: part of a line could hold part of a number. The last
 * line of a stream needs no newline. Borrowed.
 */
const char *printed_head_lines(const struct printed *printed, size_t *ret_len)
	__attribute__((nonnull));
const char *printed_tail_lines(const struct printed *printed, size_t *ret_len)
	__attribute__((nonnull));

#endif
