/* SPDX-License-Identifier: MIT */
/*
 * identify/process: what /proc tells of a process that identify needs. Private to
 * identify-*.c.
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

/* A file of which a part is mapped to be run. */
struct mapping {
	char *path; /* as the process sees it, without " (deleted)" */
	uint64_t start, end;
	ino_t inode;
	bool deleted;
};

struct process {
	pid_t pid;
	char *root;               /* "/proc/PID/root" */
	char *program;            /* where its file was when it started, as it sees it */
	char **environment;       /* when it started; NULL-terminated */
	bool secure;              /* it started with more rights than its caller's */
	struct mapping *mappings; /* of each file the first */
	size_t mapping_count, mapping_alloc;
	char **loaded; /* the loader's list, NULL-terminated; NULL: could not be read */
};

#define _cleanup_process_ __attribute__((cleanup(process_release)))

/*
 * ERROR_USAGE -ESRCH: there is none; -EINVAL: it has no program. ERROR_MACHINE -EACCES: not
 * allowed.
 */
int process_read(pid_t pid, struct process *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));
void process_release(struct process *process);

/* The running program's file, even where it was replaced or deleted since. */
int process_open_program(const struct process *process, struct elf_object **ret, struct error *err)
	__attribute__((nonnull(1, 2), warn_unused_result));
/* Reads the loader's list; needs the right to read the process's memory. */
void process_read_loaded(struct process *process, const struct elf_object *program)
	__attribute__((nonnull));

/* The value of a variable in an environment, or NULL. Borrowed. */
const char *environment_value(char *const *environment, const char *name)
	__attribute__((nonnull(2)));

#endif
