/* SPDX-License-Identifier: MIT */
/*
 * identify/process: reads from /proc what identify needs of a process. Private to identify/.
 *
 * Sources: proc(5), getauxval(3), and for the loader's own list of objects link.h (r_debug,
 * link_map).
 */
#ifndef MADVISOR_IDENTIFY_PROCESS_H
#define MADVISOR_IDENTIFY_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "identify/elf-object.h"
#include "base/error.h"

/* A file with an executable mapping. */
struct mapped_object {
	char *path; /* as the process sees it, without " (deleted)" */
	uint64_t start, end;
	dev_t device; /* the kernel's number for mappings: proc/maps.h */
	ino_t inode;
	bool deleted;
};

struct target_process {
	pid_t pid;
	int root;           /* a descriptor of its "/" */
	char **environment; /* when it started; NULL-terminated */
	char *words;        /* its command line, a NUL behind each word; or NULL */
	size_t words_len;
	bool environment_overwritten;  /* the process has written over it: it is empty here */
	bool secure;                   /* it gained rights at its start (AT_SECURE) */
	uint64_t headers_at;           /* where its program headers are in memory; 0: not known */
	struct mapped_object *objects; /* the first mapping of each file */
	size_t object_count, object_alloc;
	char **loaded; /* the loader's list, NULL-terminated; NULL: could not be read */
};

#define TARGET_PROCESS_INIT \
	{                   \
		.root = -1  \
	}
#define _cleanup_target_process_ __attribute__((cleanup(target_process_release)))

/* In the child: reads it by the door. ERROR_USAGE -ESRCH: gone; ERROR_MACHINE -EACCES: denied. */
int target_process_read(pid_t pid, struct target_process *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));
void target_process_release(struct target_process *process);

/* The running program's file, even where it was replaced or deleted since; the path is for messages. */
int target_process_open_program(const struct target_process *process, const char *path,
				struct elf_object **ret, struct error *err)
	__attribute__((nonnull(1, 2, 3), warn_unused_result));
/* Reads the loader's list; needs the right to read the process's memory. */
void target_process_read_loaded(struct target_process *process, const struct elf_object *program)
	__attribute__((nonnull));

/* ERROR_USAGE or ERROR_MACHINE for a negative errno from inspecting a process. */
int target_process_refuse(pid_t pid, int code, struct error *err);

/* The value of a variable in an environment, or NULL. Borrowed. */
const char *environment_value(char *const *environment, const char *name)
	__attribute__((nonnull(2)));

#endif
