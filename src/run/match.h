/* SPDX-License-Identifier: MIT */
/*
 * run/match: the last match of a regular expression in what a program printed.
 *
 * The text is matched line by line; a line ends at a newline or a carriage return, which begins a line anew on a
 * terminal. Matching takes time that can grow with the square of a line's length, and cannot be stopped: a
 * text with a long line is matched by a child process, which has a limited time.
 */
#ifndef MADVISOR_RUN_MATCH_H
#define MADVISOR_RUN_MATCH_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	MATCH_LINE_BYTES_MAX = 2 << 20, /* longer lines are passed over */
	MATCH_SECONDS_MAX = 5,          /* of CPU time that a text with a long line may take */
};

/* Bytes of a text, from start to before end. */
struct stretch {
	size_t start, end;
};

/*
 * The first group of the last match in the last line that matches. 0; -ENODATA where nothing matches; -ETIME where
 * it takes too long; another errno where the child cannot be had.
 */
int match_last(const regex_t *regex, const char *text, size_t len, struct stretch *ret)
	__attribute__((nonnull, warn_unused_result));

/* The last line, without what ends it; and the one before where a line that ends at `end` is given. */
struct stretch match_line_before(const char *text, size_t end) __attribute__((nonnull, pure));

/* Whether one of its lines is above a number of bytes. */
bool match_has_line_above(const char *text, size_t len, size_t bytes)
	__attribute__((nonnull, pure));

#endif
