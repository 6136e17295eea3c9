/* SPDX-License-Identifier: MIT */
#include "launch/aside.h"

void aside_step(struct aside *aside, const cpu_set_t *cpus)
{
	cpu_set_t others;

	aside->moved = false;
	if (!cpus || sched_getaffinity(0, sizeof(aside->before), &aside->before) < 0)
		return;
	CPU_XOR(&others, &aside->before, cpus);
	CPU_AND(&others, &others, &aside->before);
	/* Another watch may have moved it already. */
	if (!CPU_COUNT(&others) || CPU_EQUAL(&others, &aside->before))
		return;
	aside->moved = sched_setaffinity(0, sizeof(others), &others) == 0;
}

void aside_return(struct aside *aside)
{
	if (aside->moved)
		(void)sched_setaffinity(0, sizeof(aside->before), &aside->before);
	aside->moved = false;
}
