/* SPDX-License-Identifier: MIT */
/*
 * run/match: the last match of a regular expression in a program's output.
 *
 * The text is matched line by line; a line ends at a newline or a carriage return, which restarts a
 * line on a terminal. The time to match can grow with the square of a line's length, and a match
 * cannot be stopped, so a text with a long line is matched by a child process with a time limit.
 */
#ifndef MADVISOR_RUN_MATCH_H
#define MADVISOR_RUN_MATCH_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	MATCH_LINE_BYTES_MAX = 2 << 20, /* longer lines are skipped */
	MATCH_SECONDS_MAX = 5,          /* of CPU time that a text with a long line may take */
};

/* Bytes of a text, from start to before end. */
struct stretch {
	size_t start, end;
};

/*
 * The first group of the last match in the last line that matches. 0; -ENODATA: no match; -ETIME:
 * out of time; another errno: the child cannot be started.
 */
int match_last(const regex_t *regex, const char *text, size_t len, struct stretch *ret)
	__attribute__((nonnull, warn_unused_result));

/* The line before offset `end`, without its terminator. */
struct stretch match_line_before(const char *text, size_t end) __attribute__((nonnull, pure));

/* Whether one of its lines is above a number of bytes. */
bool match_has_line_above(const char *text, size_t len, size_t bytes)
	__attribute__((nonnull, pure));

#endif
