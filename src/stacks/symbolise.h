/* SPDX-License-Identifier: MIT */
/*
 * stacks/symbolise: a log of copied stacks as functions and lines.
 *
 * elfutils walks the stacks (unwind.c) by the files' unwind tables, without frame pointers or debug
 * information. Names come from symbol tables, and from debug information if present: in the file,
 * or under /usr/lib/debug by build ID or debug link. The network is never used.
 *
 * These files belong to the observed program and may be malicious. They are read in a confined
 * child that holds no other files. If it crashes or hangs, the next one does without names from the
 * file that it was reading, or without the file.
 */
#ifndef MADVISOR_STACKS_SYMBOLISE_H
#define MADVISOR_STACKS_SYMBOLISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/rights.h"
#include "stacks/stack-log.h"

struct stack_frame {
	char *function; /* NULL: not known */
	char *module; /* path of the file it is in; NULL: no file, such as code made at run time */
	char *file;   /* source; NULL: not known */
	unsigned int line; /* 0: not known */
	bool inlined;      /* into the next outer frame */
	uint64_t offset; /* without a name: of the function in its file, or of the place where not even that is known */
};

/* Stacks that are the same. */
struct stack_trace {
	char *process;
	uint32_t kind;    /* as in struct tax_stack */
	uint32_t area;    /* enum tax_area */
	bool cut;         /* the outer frames are missing */
	uint64_t pages;   /* for which they stand, estimated */
	uint64_t samples; /* how many they are */
	uint32_t *frames; /* innermost first: indices into stack_traces.frames */
	size_t frame_count;
};

/* A file that ended its reader. */
struct harmful_file {
	char *path;
	char *why;       /* "crashed (signal 7, Bus error)" */
	bool names_only; /* its functions have no names; else stacks end where they come to it */
};

struct stack_traces {
	struct stack_frame *frames;
	size_t frame_count, frame_alloc;
	struct stack_trace *traces; /* most pages first */
	size_t trace_count, trace_alloc;
	uint64_t unread; /* stacks for which there was no time */
	char *cut_in; /* the file in which most cut stacks end; NULL: none is cut, or not known */
	struct harmful_file *harmful;
	size_t harmful_count, harmful_alloc;
	bool too_deep; /* most cut stacks were longer than the copy */
};

/* Whether this build can: -ENOTSUP (ERROR_MACHINE) without elfutils. */
int symbolise_check(struct error *err) __attribute__((warn_unused_result));

/*
 * Sets *ret, to be released. rights: the child's, where madvisor is root. ERROR_MACHINE where the files could not be
 * read; takes three quarters of a minute at most.
 */
int symbolise(const struct stack_log *log, const struct rights *rights, struct stack_traces *ret,
	      struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));
void stack_traces_release(struct stack_traces *traces);

/* Reads what unwind_write() wrote; nothing of it is trusted. -EBADMSG where it makes no sense. */
int stack_traces_parse(char *text, size_t len, struct stack_traces *ret)
	__attribute__((nonnull, warn_unused_result));

#endif
