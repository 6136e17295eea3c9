/* SPDX-License-Identifier: MIT */
/* proc/table: all processes of the machine that this one may see. */
#ifndef MADVISOR_PROC_TABLE_H
#define MADVISOR_PROC_TABLE_H

#include <stddef.h>

#include "base/rootfs.h"
#include "proc/parse.h"

struct proc_table {
	struct proc_stat *items;
	size_t count, alloc;
};

#define _cleanup_proc_table_ __attribute__((cleanup(proc_table_release)))

/*
 * Reads the table afresh, into what was there before. Those that start and end meanwhile may be
 * missing or listed. -ENOENT and the like without /proc: the table is then empty.
 */
int proc_table_read(const struct rootfs *fs, struct proc_table *table) __attribute__((nonnull));
void proc_table_release(struct proc_table *table);

#endif
