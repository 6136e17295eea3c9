/* SPDX-License-Identifier: MIT */
/* A library that defines malloc and matches no known allocator. */
#include "alloc/allocator.h"

static bool recognise(const struct elf_object *object)
{
	return true;
}

const struct allocator allocator_custom = {
	.name = "custom",
	.description = "a library given by its path",
	.separator = ':',
	.truth = { "0", "1" },
	.no_settings = "madvisor does not know the settings of this library",
	.recognise = recognise,
};
