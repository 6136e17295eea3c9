/* SPDX-License-Identifier: MIT */
/* launch/aside: keeps madvisor's own thread off the CPUs of the program that it watches. */
#ifndef MADVISOR_LAUNCH_ASIDE_H
#define MADVISOR_LAUNCH_ASIDE_H

#include <sched.h>
#include <stdbool.h>

struct aside {
	bool moved;
	cpu_set_t before; /* where it may run, if it moved */
};

/*
 * Moves the thread to its other CPUs, if there are any. cpus: the program's; NULL: all. Processes that it forks from
 * then on inherit the change, unless they set their own.
 */
void aside_step(struct aside *aside, const cpu_set_t *cpus) __attribute__((nonnull(1)));
void aside_return(struct aside *aside) __attribute__((nonnull));

#endif
