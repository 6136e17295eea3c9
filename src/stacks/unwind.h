/* SPDX-License-Identifier: MIT */
/* stacks/unwind: the part of symbolise.c that reads the program's files, in a process of its own. */
#ifndef MADVISOR_STACKS_UNWIND_H
#define MADVISOR_STACKS_UNWIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "stacks/stack-log.h"

/* How much of a file is read: less, if it ended an earlier reader. */
enum file_use {
	FILE_READ,
	FILE_UNNAMED, /* its unwind tables alone */
	FILE_UNREAD,
};

struct unwinding {
	const struct stack_log *log;
	const unsigned char *use; /* enum file_use of each file of the log; NULL: all are read */
	/* Called before a file is read, for its names or for its unwind tables. May be NULL. */
	void (*begin_step)(void *context, size_t file, bool naming);
	void *context;
	uint64_t deadline_ns;
};

/*
 * Writes lines for stack_traces_parse(): fields between tabs, texts escaped.
 *
 *   frame FUNCTION MODULE FILE LINE INLINED OFFSET    the first one is number 0; an empty text is unknown
 *   stack PROCESS KIND CUT PAGES SAMPLES FRAME,...    innermost first
 *   cut MODULE TOO_DEEP PAGES
 *   end UNREAD
 */
void unwind_write(const struct unwinding *unwinding, struct strbuf *out) __attribute__((nonnull));

#endif
