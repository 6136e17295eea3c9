/* SPDX-License-Identifier: MIT */
#include "identify/elf.h"

#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <string.h>

#include "base/array.h"
#include "identify/elf-walk.h"

/*
 * Entries of a dynamic section that are looked at: more than any program has. It is walked for each
 * library that a file needs, which a hostile one can have hundreds of thousands of.
 */
enum { DYNAMIC_MAX = 8192 };

static bool is_symbol_table(const GElf_Shdr *header)
{
	return header->sh_type == SHT_SYMTAB;
}

static bool is_dynamic(const GElf_Shdr *header)
{
	return header->sh_type == SHT_DYNAMIC;
}

static bool is_relocation(const GElf_Shdr *header)
{
	return header->sh_type == SHT_RELA && (header->sh_flags & SHF_ALLOC);
}

static bool is_loaded_data(const GElf_Shdr *header)
{
	return header->sh_type == SHT_PROGBITS && (header->sh_flags & SHF_ALLOC) &&
	       !(header->sh_flags & SHF_EXECINSTR);
}

static GElf_Ehdr header_of(const struct elf_object *object)
{
	GElf_Ehdr header = { 0 };

	gelf_getehdr(elf_object_handle(object), &header);
	return header;
}

static bool find_segment(const struct elf_object *object, uint32_t type, GElf_Phdr *ret)
{
	Elf *elf = elf_object_handle(object);
	size_t count;

	if (elf_getphdrnum(elf, &count) != 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (gelf_getphdr(elf, (int)i, ret) && ret->p_type == type)
			return true;
	return false;
}

/*
 * Position-independent programs of old linkers lack DF_1_PIE, but have an interpreter and no
 * DT_SONAME.
 */
static bool is_library(const struct elf_object *object)
{
	GElf_Phdr segment;

	return elf_object_is_library(object) && find_segment(object, PT_DYNAMIC, &segment) &&
	       !(elf_object_interpreter(object) && !elf_object_soname(object));
}

enum elf_kind_of elf_kind_of(const struct elf_object *object)
{
	GElf_Ehdr header = header_of(object);

	if (header.e_type != ET_EXEC && header.e_type != ET_DYN)
		return ELF_OTHER;
	if (is_library(object))
		return ELF_LIBRARY;
	return elf_object_interpreter(object) || elf_object_needed(object, 0) ? ELF_PROGRAM_DYNAMIC
									      : ELF_PROGRAM_STATIC;
}

bool elf_is_position_independent(const struct elf_object *object)
{
	return header_of(object).e_type == ET_DYN;
}

bool elf_has_sections(const struct elf_object *object)
{
	return elf_nextscn(elf_object_handle(object), NULL);
}

bool elf_is_packed(const struct elf_object *object)
{
	size_t size;
	const char *file = elf_rawfile(elf_object_handle(object), &size);

	return !elf_has_sections(object) && file && memmem(file, size, "UPX!", 4);
}

/* Bytes of a section that are looked at, and the smallest section that counts. */
enum { SAMPLE_BYTES = 64 << 10, COMPRESSED_MIN = 1 << 20 };
/*
 * Chi-square of the bytes' frequencies against equal ones: 255 for random bytes; a few hundred for
 * compressed ones, tens of thousands for code, tables and texts.
 */
enum { CHI_SQUARE_MAX = 2000 };

static bool looks_compressed(const unsigned char *bytes, size_t size)
{
	const unsigned char *sample = bytes + (size - SAMPLE_BYTES) / 2;
	uint64_t counts[256] = { 0 }, expected = SAMPLE_BYTES / 256, sum = 0;

	for (size_t i = 0; i < SAMPLE_BYTES; i++)
		counts[sample[i]]++;
	for (size_t i = 0; i < 256; i++) {
		int64_t off = (int64_t)(counts[i] - expected);

		sum += (uint64_t)(off * off);
	}
	return sum / expected < CHI_SQUARE_MAX;
}

const char *elf_compressed_section(const struct elf_object *object)
{
	Elf *elf = elf_object_handle(object);
	Elf_Scn *section = NULL;
	size_t names, size, looked_at = 0;
	const char *file = elf_rawfile(elf, &size);

	if (!file || elf_getshdrstrndx(elf, &names) != 0)
		return NULL;
	/* No more than two can each be half of the file, unless they overlap. */
	while (looked_at < 4 && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;

		if (!gelf_getshdr(section, &header) || !is_loaded_data(&header) ||
		    header.sh_size < COMPRESSED_MIN || header.sh_size < size / 2 ||
		    header.sh_offset > size || header.sh_size > size - header.sh_offset)
			continue;
		looked_at++;
		if (looks_compressed((const unsigned char *)file + header.sh_offset,
				     header.sh_size))
			return elf_strptr(elf, names, header.sh_name);
	}
	return NULL;
}

bool elf_is_cut(const struct elf_object *object)
{
	GElf_Ehdr header;
	size_t size;

	return !elf_has_sections(object) && elf_rawfile(elf_object_handle(object), &size) &&
	       gelf_getehdr(elf_object_handle(object), &header) && header.e_shoff >= size;
}

static bool tells(const GElf_Shdr *header)
{
	return is_loaded_data(header) || header->sh_type == SHT_SYMTAB ||
	       header->sh_type == SHT_DYNSYM;
}

bool elf_is_seen_whole(const struct elf_object *object)
{
	struct elf_walk walk = elf_walk_start(elf_object_handle(object));

	while (elf_walk_next(&walk, tells))
		;
	return !walk.is_cut;
}

bool elf_has_section(const struct elf_object *object, const char *name)
{
	Elf *elf = elf_object_handle(object);
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) != 0)
		return false;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *found = gelf_getshdr(section, &header)
					    ? elf_strptr(elf, names, header.sh_name)
					    : NULL;

		if (found && !strcmp(found, name))
			return true;
	}
	return false;
}

bool elf_has_symbol_table(const struct elf_object *object)
{
	struct elf_walk walk = elf_walk_start(elf_object_handle(object));

	return elf_walk_next(&walk, is_symbol_table);
}

const char *elf_dynamic_text(const struct elf_object *object, int64_t tag)
{
	struct elf_walk walk = elf_walk_start(elf_object_handle(object));
	Elf_Data *data = elf_walk_next(&walk, is_dynamic);
	GElf_Dyn entry;

	for (int i = 0;
	     data && i < DYNAMIC_MAX && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		if (entry.d_tag == tag)
			return elf_walk_name(&walk, entry.d_un.d_val);
	return NULL;
}

const char *elf_find_bytes(const struct elf_object *object, const char *needle,
			   bool (*check)(const char *after, size_t left))
{
	struct elf_walk walk = elf_walk_start(elf_object_handle(object));
	size_t len = strlen(needle);
	Elf_Data *data;

	while ((data = elf_walk_next(&walk, is_loaded_data))) {
		const char *at = data->d_buf, *end = at + data->d_size;

		while ((at = memmem(at, (size_t)(end - at), needle, len))) {
			if (check(at + len, (size_t)(end - at) - len))
				return at;
			at++;
		}
	}
	return NULL;
}

const void *elf_bytes_at(const struct elf_object *object, uint64_t address, size_t size)
{
	Elf *elf = elf_object_handle(object);
	size_t count, file_size;
	const char *file = elf_rawfile(elf, &file_size);

	if (!file || elf_getphdrnum(elf, &count) != 0)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD ||
		    address < segment.p_vaddr)
			continue;
		uint64_t offset = address - segment.p_vaddr;
		if (offset > segment.p_filesz || size > segment.p_filesz - offset ||
		    segment.p_offset > file_size || offset > file_size - segment.p_offset ||
		    size > file_size - segment.p_offset - offset)
			continue;
		return file + segment.p_offset + offset;
	}
	return NULL;
}

/* Whether the address has a relative relocation (one without a symbol), and its target. */
static bool relocation_target(const struct elf_object *object, uint64_t address, uint64_t *ret)
{
	static const struct {
		uint16_t machine;
		uint32_t relative;
	} machines[] = { { EM_X86_64, R_X86_64_RELATIVE }, { EM_AARCH64, R_AARCH64_RELATIVE } };
	uint16_t machine = header_of(object).e_machine;
	struct elf_walk walk = elf_walk_start(elf_object_handle(object));
	GElf_Rela entry;
	Elf_Data *data;

	while ((data = elf_walk_next(&walk, is_relocation))) {
		for (int i = 0; gelf_getrela(data, i, &entry); i++) {
			if (entry.r_offset != address)
				continue;
			for (size_t m = 0; m < ARRAY_SIZE(machines); m++) {
				if (machines[m].machine == machine &&
				    machines[m].relative == GELF_R_TYPE(entry.r_info)) {
					*ret = (uint64_t)entry.r_addend;
					return true;
				}
			}
		}
	}
	return false;
}

static uint64_t read_word(const unsigned char *bytes, size_t size, bool big_endian)
{
	uint64_t word = 0;

	for (size_t i = 0; i < size; i++)
		word = word << 8 | bytes[big_endian ? i : size - 1 - i];
	return word;
}

uint64_t elf_pointed_address(const struct elf_object *object, uint64_t variable)
{
	GElf_Ehdr header = header_of(object);
	size_t size = header.e_ident[EI_CLASS] == ELFCLASS64 ? 8 : 4;
	const unsigned char *bytes = elf_bytes_at(object, variable, size);
	uint64_t address;

	if (!bytes)
		return 0;
	if (relocation_target(object, variable, &address))
		return address;
	return read_word(bytes, size, header.e_ident[EI_DATA] == ELFDATA2MSB);
}

const char *elf_pointed_text(const struct elf_object *object, uint64_t variable)
{
	size_t left = 0;
	uint64_t address = elf_pointed_address(object, variable);

	if (!address)
		return NULL;
	const char *text = elf_bytes_at(object, address, 1);
	const char *file = elf_rawfile(elf_object_handle(object), &left);
	if (!text || !memchr(text, '\0', left - (size_t)(text - file)))
		return NULL;
	return text;
}

/* [endbr64] mov $imm32,%eax; ret */
static int64_t constant_x86_64(const unsigned char *code, size_t size)
{
	static const unsigned char endbr64[] = { 0xf3, 0x0f, 0x1e, 0xfa };

	if (size >= 4 && !memcmp(code, endbr64, sizeof(endbr64))) {
		code += sizeof(endbr64);
		size -= sizeof(endbr64);
	}
	return size >= 6 && code[0] == 0xb8 && code[5] == 0xc3
		       ? (int64_t)read_word(code + 1, 4, false)
		       : -1;
}

/* [bti c] mov w0, #imm16; ret */
static int64_t constant_aarch64(const unsigned char *code, size_t size)
{
	size_t at = size >= 4 && read_word(code, 4, false) == 0xd503245f ? 4 : 0;

	if (size < at + 8 || read_word(code + at + 4, 4, false) != 0xd65f03c0)
		return -1;
	uint64_t move = read_word(code + at, 4, false);
	return (move & 0xffe0001f) == 0x52800000 ? (int64_t)(move >> 5 & 0xffff) : -1;
}

int64_t elf_constant_of(const struct elf_object *object, uint64_t function)
{
	for (size_t size = 12; size >= 6; size -= 2) {
		const unsigned char *code = elf_bytes_at(object, function, size);

		if (!code)
			continue;
		switch (header_of(object).e_machine) {
		case EM_X86_64:
			return constant_x86_64(code, size);
		case EM_AARCH64:
			return constant_aarch64(code, size);
		default:
			return -1;
		}
	}
	return -1;
}
