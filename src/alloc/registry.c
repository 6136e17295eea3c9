/* SPDX-License-Identifier: MIT */
#include "alloc/allocator.h"

#include <string.h>

#include "base/array.h"
#include "base/selfdir.h"

const struct allocator *const allocators[] = {
	&allocator_glibc,    &allocator_jemalloc, &allocator_mimalloc,
	&allocator_snmalloc, &allocator_tcmalloc, &allocator_tbb,
};
const size_t allocator_count = ARRAY_SIZE(allocators);

const struct setting_catalogue *allocator_catalogue(void)
{
	static struct setting_group groups[ARRAY_SIZE(allocators) + 1];
	static const struct setting_catalogue catalogue = { groups, ARRAY_SIZE(groups) };

	for (size_t i = 0; i < ARRAY_SIZE(allocators); i++)
		groups[i] = (struct setting_group){
			.allocator = allocators[i]->name,
			.items = allocators[i]->settings,
			.count = allocators[i]->setting_count,
		};
	groups[ARRAY_SIZE(allocators)] = go_settings;
	return &catalogue;
}

const struct allocator *allocator_by_name(const char *name)
{
	for (size_t i = 0; i < allocator_count; i++)
		if (!strcmp(allocators[i]->name, name))
			return allocators[i];
	return NULL;
}

const char *allocator_remedy(const struct allocator *allocator)
{
	static const char packaged[] = MADVISOR_MISSING_ALLOCATOR;

	if (!allocator->remedy_installed || !self_is_installed())
		return allocator->remedy;
	return *packaged ? packaged : allocator->remedy_installed;
}

const struct allocator *allocator_of(const struct elf_object *object)
{
	for (size_t i = 0; i < allocator_count; i++)
		if (allocators[i]->recognise(object))
			return allocators[i];
	return &allocator_custom;
}
