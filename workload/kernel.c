/* SPDX-License-Identifier: MIT */
#include "kernel.h"

#include "base/array.h"

static const struct kernel *const kernels[] = { &kernel_spawn, &kernel_mpsc, &kernel_churn,
						&kernel_classic };

const struct kernel *kernel_for(enum case_family family)
{
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		if (kernels[i]->family == family)
			return kernels[i];
	return NULL;
}
