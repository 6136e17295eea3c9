/* SPDX-License-Identifier: MIT */
#include "base/callfilter.h"

void callfilter_add(struct callfilter *filter, struct sock_filter item)
{
	if (filter->count < CALLFILTER_MAX)
		filter->items[filter->count] = item;
	filter->count += filter->count <= CALLFILTER_MAX;
}

void callfilter_load(struct callfilter *filter, size_t offset)
{
	callfilter_add(filter,
		       (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

void callfilter_give(struct callfilter *filter, uint32_t action)
{
	callfilter_add(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

void callfilter_give_if(struct callfilter *filter, uint32_t value, uint32_t action)
{
	callfilter_add(filter,
		       (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	callfilter_give(filter, action);
}

struct sock_fprog callfilter_program(struct callfilter *filter)
{
	/* An empty program is refused (EINVAL). */
	return (struct sock_fprog){ filter->count > CALLFILTER_MAX ? 0 : filter->count,
				    filter->items };
}
