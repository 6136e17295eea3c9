/* SPDX-License-Identifier: MIT */
#include "identify/elf-object.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/elf-walk.h"

#define TEXT_MIN 4

struct elf_object {
	int fd;
	Elf *elf;
	GElf_Ehdr header;
	char *machine; /* only for machines without a name here */
	const char *soname;
	const char *interpreter;
	const char **needed;
	size_t needed_count, needed_alloc;
	bool is_program; /* position-independent executable: ET_DYN with DF_1_PIE */
};

static int refuse(const char *path, int code, const char *why, struct error *err)
{
	return error_set(err, ERROR_USAGE, code, "%s: %s", path, why);
}

static bool is_dynamic(const GElf_Shdr *header)
{
	return header->sh_type == SHT_DYNAMIC;
}

static void read_dynamic_entry(struct elf_object *object, const GElf_Dyn *entry,
			       struct elf_walk *walk)
{
	switch (entry->d_tag) {
	case DT_SONAME:
		object->soname = elf_walk_name(walk, entry->d_un.d_val);
		break;
	case DT_NEEDED: {
		const char *name = elf_walk_name(walk, entry->d_un.d_val);

		if (name)
			*ARRAY_PUSH(object->needed, object->needed_count, object->needed_alloc) =
				name;
		break;
	}
	case DT_FLAGS_1:
		object->is_program = entry->d_un.d_val & DF_1_PIE;
		break;
	default:
		break;
	}
}

static void read_dynamic(struct elf_object *object)
{
	struct elf_walk walk = elf_walk_start(object->elf);
	Elf_Data *data = elf_walk_next(&walk, is_dynamic);
	GElf_Dyn entry;

	for (int i = 0; data && gelf_getdyn(data, i, &entry) && entry.d_tag != DT_NULL; i++)
		read_dynamic_entry(object, &entry, &walk);
}

static void read_interpreter(struct elf_object *object)
{
	size_t count, size;
	const char *file = elf_rawfile(object->elf, &size);

	if (!file || elf_getphdrnum(object->elf, &count) != 0)
		return;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(object->elf, (int)i, &header) || header.p_type != PT_INTERP)
			continue;
		if (header.p_offset < size && header.p_filesz <= size - header.p_offset &&
		    memchr(file + header.p_offset, '\0', header.p_filesz))
			object->interpreter = file + header.p_offset;
	}
}

int elf_object_open(const char *path, struct elf_object **ret, struct error *err)
{
	/* Opening a FIFO must not block. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0)
		return elf_object_open_fd(fd, path, ret, err);
	*ret = NULL;
	int r = refuse(path, errno, strerror(errno), err);
	error_hint(err, "name a file that is there and that you may read");
	return r;
}

int elf_object_open_fd(int fd, const char *path, struct elf_object **ret, struct error *err)
{
	_cleanup_elf_object_ struct elf_object *object = xcalloc(1, sizeof(*object));
	struct stat st;

	*ret = NULL;
	object->fd = fd;
	if (fstat(object->fd, &st) < 0)
		return refuse(path, errno, strerror(errno), err);
	if (!S_ISREG(st.st_mode)) {
		int r = refuse(path, ENOEXEC, "is not a file", err);

		error_hint(err, "name a file such as /usr/lib/libNAME.so");
		return r;
	}
	elf_version(EV_CURRENT);
	object->elf = elf_begin(object->fd, ELF_C_READ_MMAP, NULL);
	if (!object->elf || elf_kind(object->elf) != ELF_K_ELF ||
	    !gelf_getehdr(object->elf, &object->header)) {
		int r = refuse(path, ENOEXEC, "is neither a library nor a program (no ELF file)",
			       err);

		error_hint(err, "name a file such as /usr/lib/libNAME.so");
		return r;
	}
	read_dynamic(object);
	read_interpreter(object);
	*ret = TAKE_PTR(object);
	return 0;
}

void elf_object_free(struct elf_object *object)
{
	if (!object)
		return;
	if (object->elf)
		elf_end(object->elf);
	if (object->fd >= 0)
		close(object->fd);
	free(object->needed);
	free(object->machine);
	free(object);
}

struct Elf *elf_object_handle(const struct elf_object *object)
{
	return object->elf;
}

int elf_object_fd(const struct elf_object *object)
{
	return object->fd;
}

const char *elf_object_machine(struct elf_object *object)
{
	static const struct {
		uint16_t machine;
		const char *name, *name32;
	} names[] = {
		{ EM_X86_64, "x86_64", "x32" },
		{ EM_386, "i386", "i386" },
		{ EM_AARCH64, "aarch64", "aarch64 (ILP32)" },
		{ EM_ARM, "arm", "arm" },
		{ EM_RISCV, "riscv64", "riscv32" },
		{ EM_PPC64, "ppc64", "ppc64" },
		{ EM_S390, "s390x", "s390" },
		{ EM_MIPS, "mips64", "mips" },
	};
	bool is_64 = object->header.e_ident[EI_CLASS] == ELFCLASS64;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].machine == object->header.e_machine)
			return is_64 ? names[i].name : names[i].name32;
	if (!object->machine)
		object->machine = xasprintf("machine %d", object->header.e_machine);
	return object->machine;
}

bool elf_object_same_abi(const struct elf_object *a, const struct elf_object *b)
{
	return a->header.e_machine == b->header.e_machine &&
	       a->header.e_ident[EI_CLASS] == b->header.e_ident[EI_CLASS] &&
	       a->header.e_ident[EI_DATA] == b->header.e_ident[EI_DATA];
}

bool elf_object_is_library(const struct elf_object *object)
{
	return object->header.e_type == ET_DYN && !object->is_program;
}

const char *elf_object_soname(const struct elf_object *object)
{
	return object->soname;
}

const char *elf_object_interpreter(const struct elf_object *object)
{
	return object->interpreter;
}

const char *elf_object_needed(const struct elf_object *object, size_t i)
{
	return i < object->needed_count ? object->needed[i] : NULL;
}

static bool is_symbol_table(const GElf_Shdr *header)
{
	return header->sh_type == SHT_SYMTAB || header->sh_type == SHT_DYNSYM;
}

static bool is_dynamic_table(const GElf_Shdr *header)
{
	return header->sh_type == SHT_DYNSYM;
}

static bool is_loaded_data(const GElf_Shdr *header)
{
	return header->sh_type == SHT_PROGBITS && (header->sh_flags & SHF_ALLOC) &&
	       !(header->sh_flags & SHF_EXECINSTR);
}

/* A function that others can bind to. */
static bool is_exported(const GElf_Sym *symbol)
{
	unsigned int type = GELF_ST_TYPE(symbol->st_info), bind = GELF_ST_BIND(symbol->st_info);
	unsigned int visibility = GELF_ST_VISIBILITY(symbol->st_other);

	return symbol->st_shndx != SHN_UNDEF && (type == STT_FUNC || type == STT_GNU_IFUNC) &&
	       (bind == STB_GLOBAL || bind == STB_WEAK) &&
	       (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

/* The name of the first symbol in the wanted tables that `visit` accepts; or NULL. */
static const char *find_symbol(const struct elf_object *object,
			       bool (*wanted)(const GElf_Shdr *header), elf_symbol_visitor visit,
			       void *context)
{
	struct elf_walk walk = elf_walk_start(object->elf);
	Elf_Data *data;
	GElf_Sym entry;

	while ((data = elf_walk_next(&walk, wanted))) {
		bool dynamic = walk.header.sh_type == SHT_DYNSYM;

		for (int i = 1; gelf_getsym(data, i, &entry); i++) {
			const struct elf_symbol symbol = {
				.name = elf_walk_name(&walk, entry.st_name),
				.defined = entry.st_shndx != SHN_UNDEF,
				.exported = dynamic && is_exported(&entry),
				.dynamic = dynamic,
				.value = entry.st_value,
				.size = entry.st_size,
			};

			if (symbol.name && *symbol.name && visit(&symbol, context))
				return symbol.name;
		}
	}
	return NULL;
}

const char *elf_object_find_symbol(const struct elf_object *object, elf_symbol_visitor visit,
				   void *context)
{
	return find_symbol(object, is_symbol_table, visit, context);
}

static bool is_function_named(const struct elf_symbol *symbol, void *wanted)
{
	return symbol->exported && !strcmp(symbol->name, wanted);
}

bool elf_object_defines(const struct elf_object *object, const char *function)
{
	return find_symbol(object, is_dynamic_table, is_function_named, (void *)function);
}

static bool is_function_like(const struct elf_symbol *symbol, void *pattern)
{
	return symbol->exported && fnmatch(pattern, symbol->name, 0) == 0;
}

const char *elf_object_find_function(const struct elf_object *object, const char *pattern)
{
	return find_symbol(object, is_dynamic_table, is_function_like, (void *)pattern);
}

static bool is_symbol_like(const struct elf_symbol *symbol, void *pattern)
{
	return symbol->defined && fnmatch(pattern, symbol->name, 0) == 0;
}

bool elf_object_has_symbol(const struct elf_object *object, const char *pattern)
{
	return find_symbol(object, is_symbol_table, is_symbol_like, (void *)pattern);
}

static bool is_printable(char c)
{
	return (c >= ' ' && c <= '~') || c == '\t' || c == '\n';
}

static const char *find_text_in(const char *bytes, size_t size, elf_text_visitor visit,
				void *context)
{
	size_t start = 0;

	for (size_t i = 0; i < size; i++) {
		if (is_printable(bytes[i]))
			continue;
		if (bytes[i] == '\0' && i - start >= TEXT_MIN && visit(bytes + start, context))
			return bytes + start;
		start = i + 1;
	}
	return NULL;
}

const char *elf_object_find_text(const struct elf_object *object, elf_text_visitor visit,
				 void *context)
{
	struct elf_walk walk = elf_walk_start(object->elf);
	Elf_Data *data;

	while ((data = elf_walk_next(&walk, is_loaded_data))) {
		const char *text = find_text_in(data->d_buf, data->d_size, visit, context);

		if (text)
			return text;
	}
	return NULL;
}
