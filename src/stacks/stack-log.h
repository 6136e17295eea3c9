/* SPDX-License-Identifier: MIT */
/*
 * stacks/stack-log: stacks of purges and refaults as they were copied, with what it takes to walk them
 * later, when the program may be gone: which file was mapped where, and the files themselves, held open.
 *
 * Filled by bpf-stacks.c and mappings.c while the program runs; read by symbolise.c.
 */
#ifndef MADVISOR_STACKS_STACK_LOG_H
#define MADVISOR_STACKS_STACK_LOG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/tax.h"

/* A file with code that a watched process mapped. */
struct mapped_file {
	char *path; /* as the kernel names it: "/usr/lib/libc.so.6", "[vdso]", "/x (deleted)"; owned */
	dev_t device;   /* as the kernel keeps it for what is mapped: proc/maps.h */
	uint64_t inode; /* 0: no file */
	int fd;         /* -1: it could not be opened */
};

enum mapping_change {
	MAPPING_ADDED,  /* code of a file, from then on */
	MAPPING_FORKED, /* all mappings are those that `parent` has */
	MAPPING_CLEARED /* by exec */
};

struct mapping_event {
	uint64_t ns; /* CLOCK_MONOTONIC; 0: before anything else */
	enum mapping_change change;
	uint32_t tgid;
	uint32_t parent; /* MAPPING_FORKED */
	uint32_t file;   /* MAPPING_ADDED: index into files ... */
	uint64_t start;  /* ... address */
	uint64_t bytes;
	uint64_t offset; /* in the file */
};

struct stack_log {
	struct tax_stack **stacks; /* each allocated up to its own stack_bytes */
	size_t stack_count, stack_alloc;
	struct mapping_event *events; /* those of equal time in their order */
	size_t event_count, event_alloc;
	struct mapped_file *files;
	size_t file_count, file_alloc;
	uint64_t lost; /* stacks that were due and could not be taken */
};

struct stack_log *stack_log_new(void) __attribute__((returns_nonnull, warn_unused_result));
/*
 * Tells what the kernel could not, once all is taken: faults on code apart from those on other files, and for faults on
 * anonymous memory the call that mapped it: its stack takes the place of the fault's.
 */
void stack_log_settle(struct stack_log *log) __attribute__((nonnull));
/* Takes NULL. */
void stack_log_free(struct stack_log *log);

#endif
