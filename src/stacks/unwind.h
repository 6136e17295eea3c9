/* SPDX-License-Identifier: MIT */
/* stacks/unwind: the part of symbolise.c that reads the program's files, in a process of its own. */
#ifndef MADVISOR_STACKS_UNWIND_H
#define MADVISOR_STACKS_UNWIND_H

#include <stdint.h>
#include <stdio.h>

#include "stacks/stack-log.h"

/*
 * Writes lines for stack_traces_parse(): fields between tabs, texts escaped.
 *
 *   frame FUNCTION MODULE FILE LINE INLINED OFFSET    the first one is number 0; an empty text is unknown
 *   stack PROCESS KIND CUT PAGES SAMPLES FRAME,...    innermost first
 *   cut MODULE TOO_DEEP PAGES
 *   end UNREAD
 */
void unwind_write(const struct stack_log *log, uint64_t deadline_ns, FILE *out)
	__attribute__((nonnull));

#endif
