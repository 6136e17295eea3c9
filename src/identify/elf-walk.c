/* SPDX-License-Identifier: MIT */
#include "identify/elf-walk.h"

#include <string.h>

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

struct elf_walk elf_walk_start(Elf *elf)
{
	struct elf_walk walk = { .elf = elf };
	size_t size = 0;

	if (elf_rawfile(elf, &size))
		size = least(size, WALK_BYTES_MAX / 2) * 2;
	walk.left = size;
	walk.left_text = least(size, WALK_NAMES_MAX);
	return walk;
}

static const Elf_Data *linked_names(const struct elf_walk *walk)
{
	Elf_Scn *linked = elf_getscn(walk->elf, walk->header.sh_link);
	GElf_Shdr header;

	if (!walk->header.sh_link || !linked || !gelf_getshdr(linked, &header) ||
	    header.sh_type != SHT_STRTAB)
		return NULL;
	return elf_getdata(linked, NULL);
}

Elf_Data *elf_walk_next(struct elf_walk *walk, bool (*wanted)(const GElf_Shdr *header))
{
	while ((walk->section = elf_nextscn(walk->elf, walk->section))) {
		if (!gelf_getshdr(walk->section, &walk->header) ||
		    walk->header.sh_type == SHT_NOBITS || !wanted(&walk->header))
			continue;
		if (walk->header.sh_size > walk->left) {
			walk->is_cut = true;
			return NULL;
		}
		walk->left -= walk->header.sh_size;
		Elf_Data *data = elf_getdata(walk->section, NULL);
		if (!data || !data->d_buf)
			continue;
		walk->names = linked_names(walk);
		return data;
	}
	return NULL;
}

const char *elf_walk_name(struct elf_walk *walk, uint64_t offset)
{
	const Elf_Data *names = walk->names;

	if (!names || !names->d_buf || offset >= names->d_size)
		return NULL;
	const char *name = (const char *)names->d_buf + offset;
	size_t most = least(least(names->d_size - offset, WALK_NAME_MAX), walk->left_text);
	size_t len = strnlen(name, most);
	walk->left_text -= len;
	return len < most ? name : NULL;
}
