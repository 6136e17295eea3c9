/* SPDX-License-Identifier: MIT */
/*
 * model/stack: call stacks that gave memory back or faulted it in again, and where in them the
 * program's own code ends.
 */
#ifndef MADVISOR_MODEL_STACK_H
#define MADVISOR_MODEL_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/owner.h"

struct result;

/* The kind of code of a frame. */
enum frame_role {
	FRAME_PROGRAM,   /* its own code, and all libraries without another role */
	FRAME_RUNTIME,   /* the C library, and the language's runtime */
	FRAME_ALLOCATOR, /* malloc, free and their callees */
};

struct frame {
	char *function;    /* "push_block"; without a name "libx.so+0x1f30"; "[unknown]" */
	char *module;      /* path of the file it is in; NULL: none */
	char *file;        /* source; NULL: not known */
	unsigned int line; /* 0: not known */
	bool inlined;      /* into the next outer frame */
	enum frame_role role;
};

enum stack_event {
	STACK_PURGE,   /* resident pages are given back */
	STACK_REFAULT, /* a page that was given back is touched again */
	STACK_LOCK,    /* a call of futex: waits for a lock, or wakes who waits */
};

/* The call that gave the pages back, or took or released the lock. */
enum purge_cause {
	PURGE_DONTNEED,
	PURGE_FREE,
	PURGE_MUNMAP,
	PURGE_BRK,
	PURGE_MREMAP,
	PURGE_MMAP,
	PURGE_FUTEX, /* STACK_LOCK: no purge */
	PURGE_CAUSES,
};

struct stack {
	size_t run_index; /* of runs[] */
	enum stack_event event;
	enum purge_cause cause;
	enum owner owner; /* of the call at its inner end; of a refault not known */
	char *process;
	bool cut;         /* the outer frames are missing */
	uint64_t pages;   /* purged or refaulted, or calls of futex: an estimate from */
	uint64_t samples; /* number of sampled stacks */
	uint32_t *frames; /* outermost first: indices into frames[] */
	size_t frame_count;
};

/* Where a stack leaves the program's own code: indices into its frames; SIZE_MAX: nowhere. */
struct stack_place {
	size_t program;   /* its innermost frame outside of the allocator */
	size_t allocator; /* the outermost frame of the allocator */
};

struct stack_place stack_place(const struct result *result, const struct stack *stack)
	__attribute__((nonnull, pure));

/* "program", "purge", "dontneed", … and back; -1 for an unknown name. Static. */
const char *frame_role_name(enum frame_role role) __attribute__((returns_nonnull, const));
int frame_role_by_name(const char *name) __attribute__((nonnull, pure));
const char *stack_event_name(enum stack_event event) __attribute__((returns_nonnull, const));
int stack_event_by_name(const char *name) __attribute__((nonnull, pure));
const char *purge_cause_name(enum purge_cause cause) __attribute__((returns_nonnull, const));
int purge_cause_by_name(const char *name) __attribute__((nonnull, pure));
/* The call for people: "madvise(DONTNEED)". Static. */
const char *purge_cause_label(enum purge_cause cause) __attribute__((returns_nonnull, const));

/* Free what a row owns. */
void frame_release(struct frame *frame) __attribute__((nonnull));
void stack_release(struct stack *stack) __attribute__((nonnull));

#endif
