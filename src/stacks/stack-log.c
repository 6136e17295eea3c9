/* SPDX-License-Identifier: MIT */
#include "stacks/stack-log.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

struct stack_log *stack_log_new(void)
{
	return xcalloc(1, sizeof(struct stack_log));
}

void stack_log_free(struct stack_log *log)
{
	if (!log)
		return;
	for (size_t i = 0; i < log->stack_count; i++)
		free(log->stacks[i]);
	for (size_t i = 0; i < log->file_count; i++) {
		if (log->files[i].fd >= 0)
			close(log->files[i].fd);
		free(log->files[i].path);
	}
	free(log->stacks);
	free(log->events);
	free(log->files);
	free(log);
}
