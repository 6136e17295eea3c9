/* SPDX-License-Identifier: MIT */
/*
 * Names for addresses, by what the file has: debug information (with inlined functions and lines), a symbol
 * table, the dynamic symbols; otherwise the place in the file where the function begins, as its unwind
 * table says.
 */
#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "stacks/demangle.h"
#include "stacks/unwind-internal.h"

enum {
	CHAIN_MAX = 64,
	TREE_DEPTH_MAX = 128,
	ORIGINS_MAX = 16,       /* from a function to what declares it */
	VISITS_PER_LOOK = 1024, /* entries of a tree between two looks at the clock */
};

/* A frame in the making; texts are borrowed, but for `owned`. */
struct frame_draft {
	const char *function;
	char *owned; /* the same, or NULL */
	const char *file;
	unsigned int line;
	bool inlined;
	uint64_t offset;
};

/* A line that was written, and its number. */
struct written {
	char *line;
	uint32_t number;
};

/* An address that was asked for, and its frames in namer.numbers. */
struct known {
	Dwarf_Addr address;
	size_t first, count;
};

struct namer {
	const struct unwinding *unwinding;
	const struct stack_log *log;
	struct strbuf *out;
	uint64_t deadline_ns;
	const struct address_space *space;
	void *written; /* tsearch(3) trees */
	void *known;
	uint32_t frame_count;
	uint32_t *numbers;
	size_t number_count, number_alloc;
};

struct namer *namer_new(const struct unwinding *unwinding, struct strbuf *out, uint64_t deadline_ns)
{
	struct namer *namer = xcalloc(1, sizeof(*namer));

	namer->unwinding = unwinding;
	namer->log = unwinding->log;
	namer->out = out;
	namer->deadline_ns = deadline_ns;
	return namer;
}

static int compare_written(const void *a, const void *b)
{
	return strcmp(((const struct written *)a)->line, ((const struct written *)b)->line);
}

static int compare_known(const void *a, const void *b)
{
	Dwarf_Addr x = ((const struct known *)a)->address, y = ((const struct known *)b)->address;

	return (x > y) - (x < y);
}

void namer_enter(struct namer *namer, const struct address_space *space)
{
	tdestroy(namer->known, free);
	namer->known = NULL;
	namer->number_count = 0;
	namer->space = space;
}

static void free_written(void *written)
{
	free(((struct written *)written)->line);
	free(written);
}

void namer_free(struct namer *namer)
{
	tdestroy(namer->known, free);
	tdestroy(namer->written, free_written);
	free(namer->numbers);
	free(namer);
}

static void add_field(struct strbuf *sb, const char *text)
{
	strbuf_addch(sb, '\t');
	strbuf_add_escaped(sb, text ? text : "");
}

/* Without the version that a symbol may have, "read@@GLIBC_2.2.5", and the C library's mark of its own names. */
static void add_name(struct strbuf *sb, const char *name)
{
	_cleanup_free_ char *plain = NULL;

	if (!strncmp(name, "__GI_", 5))
		name += 5;
	plain = xstrndup(name, strcspn(name, "@"));
	demangle(sb, *plain ? plain : name);
}

/* Writes the frame, unless it is known; notes its number for the address. */
static void add_frame(struct namer *namer, const char *module, const struct frame_draft *draft)
{
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT, function = STRBUF_INIT;
	struct written *written = xcalloc(1, sizeof(*written)), **found;

	if (draft->function)
		add_name(&function, draft->function);
	add_field(&line, function.buf);
	add_field(&line, module);
	add_field(&line, draft->file);
	strbuf_addf(&line, "\t%u\t%d\t%" PRIu64, draft->line, draft->inlined,
		    draft->function ? 0 : draft->offset);
	written->line = strbuf_detach(&line);
	written->number = namer->frame_count;
	found = tsearch(written, &namer->written, compare_written);
	if (!found)
		abort(); /* exhausted memory, as in xmalloc() */
	if (*found == written) {
		strbuf_addf(namer->out, "frame%s\n", written->line);
		namer->frame_count++;
	} else {
		free_written(written);
	}
	*ARRAY_PUSH(namer->numbers, namer->number_count, namer->number_alloc) = (*found)->number;
}

/* The entry that declares a function, possibly itself. A malicious entry may refer to itself. */
static bool find_declaration(Dwarf_Die *die, Dwarf_Die *ret)
{
	Dwarf_Attribute attribute;

	*ret = *die;
	for (int i = 0; i < ORIGINS_MAX; i++) {
		if (!dwarf_attr(ret, DW_AT_abstract_origin, &attribute) &&
		    !dwarf_attr(ret, DW_AT_specification, &attribute))
			return true;
		if (!dwarf_formref_die(&attribute, ret))
			return false;
	}
	return false;
}

/*
 * The entries from below the unit down to this one, which is the last of them: how many, at most
 * TREE_DEPTH_MAX; 0 if not found. An entry's descendants lie between it and its next sibling, so
 * only one branch is walked.
 */
static size_t find_path(Dwarf_Die *target, Dwarf_Die *path)
{
	Dwarf_Off wanted = dwarf_dieoffset(target);
	Dwarf_Die unit, at, next;

	if (!dwarf_diecu(target, &unit, NULL, NULL) || dwarf_child(&unit, &at) != 0)
		return 0;
	for (size_t depth = 0; depth < TREE_DEPTH_MAX;) {
		if (dwarf_dieoffset(&at) == wanted) {
			path[depth] = at;
			return depth + 1;
		}
		if (dwarf_siblingof(&at, &next) == 0 && dwarf_dieoffset(&next) <= wanted) {
			at = next;
			continue;
		}
		path[depth++] = at;
		if (dwarf_child(&path[depth - 1], &at) != 0)
			return 0;
	}
	return 0;
}

/*
 * "alloc::vec::push": from the tree, for names that demangle() keeps. Caller frees; NULL: no name.
 */
static char *qualified_name(Dwarf_Die *die)
{
	struct strbuf sb = STRBUF_INIT;
	Dwarf_Die path[TREE_DEPTH_MAX], plain;
	size_t count = find_declaration(die, &plain) ? find_path(&plain, path) : 0;

	for (size_t i = 0; i < count; i++) {
		const char *name = dwarf_diename(&path[i]);

		if (name)
			strbuf_addf(&sb, "%s%s", sb.len ? "::" : "", name);
	}
	if (sb.len)
		return strbuf_detach(&sb);
	strbuf_release(&sb);
	return NULL;
}

/* Caller frees; NULL: it has no name. */
static char *function_of(Dwarf_Die *die)
{
	Dwarf_Attribute attribute;
	const char *linkage = NULL, *name;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attribute) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attribute))
		linkage = dwarf_formstring(&attribute);
	if (linkage && !strncmp(linkage, "_R", 2))
		return qualified_name(die);
	name = linkage ? linkage : dwarf_diename(die);
	return name ? xstrdup(name) : NULL;
}

/* Where a function was inlined. */
static void call_place(Dwarf_Die *unit, Dwarf_Die *die, struct frame_draft *draft)
{
	Dwarf_Attribute attribute;
	Dwarf_Word file = 0, line = 0;
	Dwarf_Files *files;
	size_t count;

	draft->file = NULL;
	draft->line = 0;
	if (dwarf_formudata(dwarf_attr(die, DW_AT_call_file, &attribute), &file) < 0 ||
	    dwarf_formudata(dwarf_attr(die, DW_AT_call_line, &attribute), &line) < 0 ||
	    dwarf_getsrcfiles(unit, &files, &count) < 0 || file >= count)
		return;
	draft->file = dwarf_filesrc(files, file, NULL, NULL);
	draft->line = (unsigned int)line;
}

/* The function at the address, and those inlined into it there, outermost first. */
struct chain {
	Dwarf_Addr address; /* as the file has it */
	Dwarf_Die dies[CHAIN_MAX];
	size_t count;
	uint64_t deadline_ns;
	uint64_t visits;
	bool late;
};

/* A malicious tree may be endless: an entry's sibling can be its own first child. */
static bool is_late(struct chain *chain)
{
	if (++chain->visits % VISITS_PER_LOOK == 0 &&
	    clock_now_ns(&clock_real) >= chain->deadline_ns)
		chain->late = true;
	return chain->late;
}

/* dwarf_getscopes() of elfutils 0.188 misses functions in the namespaces of Rust. True where it was found. */
static bool find_chain(Dwarf_Die *parent, struct chain *chain, int depth)
{
	Dwarf_Die child;

	if (depth > TREE_DEPTH_MAX || dwarf_child(parent, &child) != 0)
		return false;
	do {
		if (is_late(chain))
			return false;
		switch (dwarf_tag(&child)) {
		case DW_TAG_subprogram:
		case DW_TAG_inlined_subroutine:
			if (dwarf_haspc(&child, chain->address) <= 0)
				break;
			if (chain->count < CHAIN_MAX)
				chain->dies[chain->count++] = child;
			find_chain(&child, chain, depth + 1);
			return true;
		case DW_TAG_lexical_block:
			if (dwarf_haspc(&child, chain->address) == 0)
				break;
			/* fall through */
		case DW_TAG_namespace:
		case DW_TAG_module:
		case DW_TAG_class_type:
		case DW_TAG_structure_type:
			if (find_chain(&child, chain, depth + 1))
				return true;
			break;
		default:
			break;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

/* Adds the functions inlined at the address, innermost first; *draft becomes the outer function. */
static void add_inlined(struct namer *namer, Dwfl_Module *module, const char *path,
			Dwarf_Addr address, struct frame_draft *draft)
{
	struct chain chain = { .deadline_ns = namer->deadline_ns };
	Dwarf_Addr bias;
	Dwarf_Die *unit = dwfl_module_addrdie(module, address, &bias);

	if (!unit)
		return;
	chain.address = address - bias;
	find_chain(unit, &chain, 0);
	while (chain.count > 1) {
		Dwarf_Die *die = &chain.dies[--chain.count];
		_cleanup_free_ char *function = function_of(die);
		struct frame_draft inner = *draft;

		inner.function = function;
		inner.inlined = true;
		add_frame(namer, path, &inner);
		call_place(unit, die, draft);
	}
	/* Preferred to the symbol's name, which may be that of a compiler's clone. */
	if (chain.count)
		draft->owned = function_of(&chain.dies[0]);
	if (draft->owned)
		draft->function = draft->owned;
}

/* The table that unwinders search for a function: sorted places where functions begin. */
struct function_table {
	const unsigned char *entries;
	size_t count;
	Dwarf_Addr base; /* which the places are relative to */
};

/*
 * Linux Standard Base 5.0, 10.6.2: .eh_frame_hdr. Linkers write 4-byte numbers relative to the table itself; others
 * are left alone.
 */
static bool find_function_table(Elf *elf, struct function_table *ret)
{
	static const unsigned char usual[] = { 1, 0x1b, 0x03, 0x3b };
	size_t headers = 0;

	if (!elf || elf_getphdrnum(elf, &headers) < 0)
		return false;
	for (size_t i = 0; i < headers; i++) {
		GElf_Phdr header;
		const Elf_Data *data;
		uint32_t count;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_GNU_EH_FRAME)
			continue;
		data = elf_getdata_rawchunk(elf, (int64_t)header.p_offset, header.p_filesz,
					    ELF_T_BYTE);
		if (!data || data->d_size < 12 || memcmp(data->d_buf, usual, sizeof(usual)) != 0)
			return false;
		memcpy(&count, (const char *)data->d_buf + 8, sizeof(count));
		ret->entries = (const unsigned char *)data->d_buf + 12;
		ret->count = (data->d_size - 12) / 8 < count ? (data->d_size - 12) / 8 : count;
		ret->base = header.p_vaddr;
		return ret->count > 0;
	}
	return false;
}

static Dwarf_Addr table_start(const struct function_table *table, size_t i)
{
	int32_t place;

	memcpy(&place, table->entries + 8 * i, sizeof(place));
	return table->base + (Dwarf_Addr)(int64_t)place;
}

/* Where the function begins in its file; where that is not known, the address itself. */
static uint64_t function_offset(Dwfl_Module *module, Dwarf_Addr address)
{
	Dwarf_Addr bias = 0;
	struct function_table table;
	Elf *elf = dwfl_module_getelf(module, &bias);
	Dwarf_Addr place = address - bias;
	size_t low = 0, high;

	if (!find_function_table(elf, &table) || table_start(&table, 0) > place)
		return place;
	for (high = table.count; high - low > 1;) {
		size_t middle = low + (high - low) / 2;

		if (table_start(&table, middle) <= place)
			low = middle;
		else
			high = middle;
	}
	return table_start(&table, low);
}

/* An address in a file that could not be read, or in none. */
static void name_unread(struct namer *namer, Dwarf_Addr address)
{
	const struct address_space *space = namer->space;
	struct frame_draft draft = { 0 };

	for (size_t i = 0; space && i < space->count; i++) {
		const struct mapped_code *mapping = &space->mappings[i];

		if (address < mapping->start || address >= mapping->end)
			continue;
		draft.offset = address - mapping->start + mapping->offset;
		add_frame(namer, namer->log->files[mapping->file].path, &draft);
		return;
	}
	add_frame(namer, NULL, &draft);
}

static void name_address(struct namer *namer, Dwfl *dwfl, Dwarf_Addr address)
{
	Dwfl_Module *module = dwfl_addrmodule(dwfl, address);
	struct frame_draft draft = { 0 };
	void **data = NULL;
	GElf_Off offset;
	GElf_Sym symbol;
	int line_number = 0;

	if (!module) {
		name_unread(namer, address);
		return;
	}
	dwfl_module_info(module, &data, NULL, NULL, NULL, NULL, NULL, NULL);
	const struct mapped_file *file = data ? *data : NULL;
	if (file && unwind_use_of(namer->unwinding, file) != FILE_READ) {
		unwind_begin_step(namer->unwinding, file, false);
		draft.offset = function_offset(module, address);
		add_frame(namer, file->path, &draft);
		return;
	}
	unwind_begin_step(namer->unwinding, file, true);
	draft.function = dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
	/* Debug information of large programs may take too long to read. */
	if (clock_now_ns(&clock_real) < namer->deadline_ns) {
		Dwfl_Line *line = dwfl_module_getsrc(module, address);

		if (line)
			draft.file = dwfl_lineinfo(line, NULL, &line_number, NULL, NULL, NULL);
		draft.line = line_number > 0 ? (unsigned int)line_number : 0;
		add_inlined(namer, module, file ? file->path : NULL, address, &draft);
	}
	if (!draft.function)
		draft.offset = function_offset(module, address);
	add_frame(namer, file ? file->path : NULL, &draft);
	free(draft.owned);
}

const uint32_t *namer_frames(struct namer *namer, Dwfl *dwfl, Dwarf_Addr address, size_t *ret_count)
{
	struct known *known = xcalloc(1, sizeof(*known)), **found;

	known->address = address;
	found = tsearch(known, &namer->known, compare_known);
	if (!found)
		abort();
	if (*found == known) {
		known->first = namer->number_count;
		name_address(namer, dwfl, address);
		known->count = namer->number_count - known->first;
	} else {
		free(known);
	}
	*ret_count = (*found)->count;
	return namer->numbers + (*found)->first;
}
