/* SPDX-License-Identifier: MIT */
/* Walks copied stacks with elfutils' libdwfl. */
#include "stacks/unwind.h"

#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "stacks/address-space.h"
#include "stacks/symbolise.h"
#include "stacks/unwind-internal.h"

enum {
	DEPTH_MAX = 256,
	PAGE_BYTES_MIN = 4096,
};

#if defined(__x86_64__)
/* DWARF's numbers of registers (System V ABI, AMD64, figure 3.36), as places in struct pt_regs. */
static const unsigned char dwarf_registers[] = { 10, 12, 11, 5, 13, 14, 4, 19, 9,
						 8,  7,  6,  3, 2,  1,  0, 16 };
enum { REGISTER_COUNT = 17, STACK_POINTER = 19, PROGRAM_COUNTER = 16 };
#elif defined(__aarch64__)
/* x0 to x30 and the stack pointer are the same on both sides; the program counter stands behind them. */
enum { REGISTER_COUNT = 32, STACK_POINTER = 31, PROGRAM_COUNTER = 32, ADDRESS_BITS = 48 };
#endif

/* A file in which incomplete stacks end. */
struct cut {
	const char *module;
	bool too_deep;
	uint64_t pages;
};

struct stack_walk {
	const struct unwinding *unwinding;
	const struct stack_log *log;
	struct strbuf *out;
	struct namer *namer;
	Dwfl *dwfl;
	uint64_t unread;
	struct cut *cuts;
	size_t cut_count, cut_alloc;

	/* The stack at hand. */
	const struct tax_stack *stack;
	Dwarf_Addr addresses[DEPTH_MAX];
	size_t depth;
	bool beyond;        /* something behind the copy was asked for */
	Dwarf_Addr guessed; /* the innermost frame that the next one was guessed from; 0: none */

	struct unwind_tables tables;
};

int symbolise_check(struct error *err)
{
	return 0;
}

/* The file that an address is in; NULL: none, or not read. */
static struct mapped_file *file_at(const struct stack_walk *walk, Dwarf_Addr address)
{
	Dwfl_Module *module = dwfl_addrmodule(walk->dwfl, address);
	void **data = NULL;

	if (module)
		dwfl_module_info(module, &data, NULL, NULL, NULL, NULL, NULL, NULL);
	return data ? *data : NULL;
}

static pid_t next_thread(Dwfl *dwfl, void *context, void **thread)
{
	struct stack_walk *walk = context;

	if (*thread)
		return 0;
	*thread = walk;
	return 1;
}

static bool get_thread(Dwfl *dwfl, pid_t tid, void *context, void **thread)
{
	*thread = context;
	return true;
}

/*
 * A return address that is signed (arm64's pointer authentication) without its signature, which lies above the bits of
 * addresses and leaves bit 55 alone: older elfutils take it for a part of the address.
 */
static Dwarf_Word unsigned_address(const struct stack_walk *walk, Dwarf_Word word)
{
#if defined(__aarch64__)
	Dwarf_Word plain = word & ((1ull << ADDRESS_BITS) - 1);

	if (plain != word && !(word >> 55 & 1) && dwfl_addrmodule(walk->dwfl, plain))
		return plain;
#endif
	return word;
}

static bool read_memory(Dwfl *dwfl, Dwarf_Addr address, Dwarf_Word *ret, void *context)
{
	struct stack_walk *walk = context;
	const struct tax_stack *stack = walk->stack;
	uint64_t start = stack->regs[STACK_POINTER], at = address - start;

	if (address < start || at + sizeof(*ret) > stack->stack_bytes || at + sizeof(*ret) < at) {
		walk->beyond = walk->beyond || (address >= start && at < 16u << 20);
		return false;
	}
	memcpy(ret, stack->stack + at, sizeof(*ret));
	*ret = unsigned_address(walk, *ret);
	return true;
}

static bool set_registers(Dwfl_Thread *thread, void *context)
{
	const struct stack_walk *walk = context;
	Dwarf_Word registers[REGISTER_COUNT];

	for (int i = 0; i < REGISTER_COUNT; i++)
#if defined(__x86_64__)
		registers[i] = walk->stack->regs[dwarf_registers[i]];
#else
		registers[i] = unsigned_address(walk, walk->stack->regs[i]);
#endif
	if (!dwfl_thread_state_registers(thread, 0, REGISTER_COUNT, registers))
		return false;
	dwfl_thread_state_register_pc(thread, walk->stack->regs[PROGRAM_COUNTER]);
	return true;
}

static const Dwfl_Thread_Callbacks thread_callbacks = {
	.next_thread = next_thread,
	.get_thread = get_thread,
	.memory_read = read_memory,
	.set_initial_registers = set_registers,
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static int take_frame(Dwfl_Frame *frame, void *context)
{
	struct stack_walk *walk = context;
	Dwarf_Addr address;
	bool exact;

	if (!dwfl_frame_pc(frame, &address, &exact) || walk->depth == DEPTH_MAX)
		return DWARF_CB_ABORT;
	if (walk->depth && !walk->guessed &&
	    !unwind_has_table(&walk->tables, walk->dwfl, walk->addresses[walk->depth - 1]))
		walk->guessed = walk->addresses[walk->depth - 1];
	/* A return address is behind the call, which may be the last thing that a function does. */
	if (!exact && address)
		address--;
	walk->addresses[walk->depth++] = address;
	/* The way to the next outer frame is in this one's file. */
	unwind_begin_step(walk->unwinding, file_at(walk, address), false);
	return DWARF_CB_OK;
}

/*
 * The load bias, address in the process less address in the file, from a mapped part of the file.
 */
static bool find_bias(int fd, const struct mapped_code *mapping, uint64_t *ret)
{
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	size_t count = 0;
	bool found = false;

	if (elf && elf_getphdrnum(elf, &count) < 0)
		count = 0;
	for (size_t i = 0; i < count && !found; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD ||
		    !(header.p_flags & PF_X))
			continue;
		/* A mapping begins with a page, and may be a part of the segment. */
		if (mapping->offset + PAGE_BYTES_MIN * 16 <= header.p_offset ||
		    mapping->offset >= header.p_offset + header.p_filesz)
			continue;
		*ret = mapping->start - mapping->offset - (header.p_vaddr - header.p_offset);
		found = true;
	}
	elf_end(elf);
	return found;
}

static void report_mapping(struct stack_walk *walk, const struct mapped_code *mapping)
{
	struct mapped_file *file = &walk->log->files[mapping->file];
	uint64_t bias;
	void **data;

	/* The file may be mapped in parts. */
	if (file->fd < 0 || unwind_use_of(walk->unwinding, file) == FILE_UNREAD ||
	    dwfl_addrmodule(walk->dwfl, mapping->start))
		return;
	unwind_begin_step(walk->unwinding, file, false);
	if (!find_bias(file->fd, mapping, &bias))
		return;
	int fd = fcntl(file->fd, F_DUPFD_CLOEXEC, 3);
	Dwfl_Module *module = dwfl_report_elf(walk->dwfl, file->path, file->path, fd, bias, true);
	if (!module) {
		close(fd);
		return;
	}
	dwfl_module_info(module, &data, NULL, NULL, NULL, NULL, NULL, NULL);
	*data = file;
}

/* Makes the space's files known. Without any that can be read, a stack is its innermost frame. */
static bool open_space(struct stack_walk *walk, const struct address_space *space)
{
	walk->dwfl = dwfl_begin(&callbacks);
	if (!walk->dwfl)
		return false;
	dwfl_report_begin(walk->dwfl);
	for (size_t i = 0; i < space->count; i++)
		report_mapping(walk, &space->mappings[i]);
	dwfl_report_end(walk->dwfl, NULL, NULL);
	(void)dwfl_attach_state(walk->dwfl, NULL, 1, &thread_callbacks, walk);
	memset(&walk->tables, 0, sizeof(walk->tables));
	return true;
}

/* Whether the last frame starts a program or thread; its unwind table may lack an end mark. */
static bool is_outermost(const struct stack_walk *walk)
{
	static const char *const names[] = { "_start",  "_dl_start_user", "clone",
					     "__clone", "clone3",         "__clone3" };
	Dwarf_Addr last = walk->depth ? walk->addresses[walk->depth - 1] : 0;
	Dwfl_Module *module = dwfl_addrmodule(walk->dwfl, last);
	const struct mapped_file *file = file_at(walk, last);

	if (!file || unwind_use_of(walk->unwinding, file) != FILE_READ)
		return false;
	unwind_begin_step(walk->unwinding, file, true);
	const char *name = dwfl_module_addrname(module, last);
	for (size_t i = 0; name && i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static void note_cut(struct stack_walk *walk)
{
	Dwarf_Addr last = walk->depth ? walk->addresses[walk->depth - 1] : 0;
	const struct mapped_file *file = file_at(walk, walk->guessed ? walk->guessed : last);
	const char *path = file ? file->path : NULL;
	struct cut *cut = NULL;

	for (size_t i = 0; i < walk->cut_count && !cut; i++)
		if (walk->cuts[i].module == path && walk->cuts[i].too_deep == walk->beyond)
			cut = &walk->cuts[i];
	if (!cut) {
		cut = ARRAY_PUSH(walk->cuts, walk->cut_count, walk->cut_alloc);
		cut->module = path;
		cut->too_deep = walk->beyond;
	}
	cut->pages += walk->stack->weight;
}

/* Code without a file, such as a compiler's at run time, has no names: in a row it is one frame. */
static bool is_nameless(const struct stack_walk *walk, size_t i)
{
	return !dwfl_addrmodule(walk->dwfl, walk->addresses[i]);
}

static void write_stack(struct stack_walk *walk, bool cut)
{
	_cleanup_strbuf_ struct strbuf frames = STRBUF_INIT, process = STRBUF_INIT;
	const struct tax_stack *stack = walk->stack;

	for (size_t i = 0; i < walk->depth; i++) {
		size_t count;
		const uint32_t *numbers;

		if (i && is_nameless(walk, i) && is_nameless(walk, i - 1))
			continue;
		numbers = namer_frames(walk->namer, walk->dwfl, walk->addresses[i], &count);
		for (size_t k = 0; k < count; k++)
			strbuf_addf(&frames, "%s%" PRIu32, frames.len ? "," : "", numbers[k]);
	}
	strbuf_add_escaped(&process, stack->comm);
	strbuf_addf(walk->out, "stack\t%s\t%" PRIu32 "\t%" PRIu32 "\t%d\t%" PRIu64 "\t1\t%s\n",
		    process.buf, stack->kind, stack->area, cut, (uint64_t)stack->weight,
		    frames.buf);
}

static void walk_stack(struct stack_walk *walk, const struct tax_stack *stack)
{
	walk->stack = stack;
	walk->depth = 0;
	walk->beyond = false;
	walk->guessed = 0;
	unwind_begin_step(walk->unwinding, file_at(walk, stack->regs[PROGRAM_COUNTER]), false);

	bool whole = dwfl_getthread_frames(walk->dwfl, 1, take_frame, walk) == 0;
	if (!walk->depth)
		walk->addresses[walk->depth++] = stack->regs[PROGRAM_COUNTER];
	/* Its frame pointer led nowhere. */
	if (whole && !unwind_has_table(&walk->tables, walk->dwfl, walk->addresses[walk->depth - 1]))
		whole = false;
	whole = (whole || is_outermost(walk)) && !walk->guessed;
	if (!whole)
		note_cut(walk);
	write_stack(walk, !whole);
}

static void walk_space(struct stack_walk *walk, const struct address_spaces *spaces, size_t index,
		       uint64_t deadline_ns)
{
	bool usable = open_space(walk, &spaces->items[index]);

	namer_enter(walk->namer, &spaces->items[index]);
	for (size_t i = 0; i < walk->log->stack_count; i++) {
		if (spaces->of_stack[i] != index)
			continue;
		if (usable && clock_now_ns(&clock_real) < deadline_ns)
			walk_stack(walk, walk->log->stacks[i]);
		else
			walk->unread++;
	}
	dwfl_end(walk->dwfl);
	walk->dwfl = NULL;
}

static int compare_spaces(const void *a, const void *b, void *context)
{
	const struct address_spaces *spaces = context;
	uint64_t x = spaces->items[*(const size_t *)a].weight;
	uint64_t y = spaces->items[*(const size_t *)b].weight;

	return (x < y) - (x > y);
}

static void write_cuts(const struct stack_walk *walk)
{
	for (size_t i = 0; i < walk->cut_count; i++) {
		_cleanup_strbuf_ struct strbuf module = STRBUF_INIT;

		strbuf_add_escaped(&module, walk->cuts[i].module ? walk->cuts[i].module : "");
		strbuf_addf(walk->out, "cut\t%s\t%d\t%" PRIu64 "\n", module.buf,
			    walk->cuts[i].too_deep, walk->cuts[i].pages);
	}
}

void unwind_write(const struct unwinding *unwinding, struct strbuf *out)
{
	const struct stack_log *log = unwinding->log;
	uint64_t deadline_ns = unwinding->deadline_ns;
	uint64_t now_ns = clock_now_ns(&clock_real);
	/* Names get half of the time: walking without them is still useful. */
	struct stack_walk walk = { .unwinding = unwinding, .log = log, .out = out };
	struct address_spaces spaces;

	elf_version(EV_CURRENT);
	walk.namer = namer_new(unwinding, out, now_ns + (deadline_ns - now_ns) / 2);
	address_spaces_replay(log, &spaces);
	_cleanup_free_ size_t *order = xcalloc(spaces.count + 1, sizeof(*order));
	for (size_t i = 0; i < spaces.count; i++)
		order[i] = i;
	/* Heaviest first, so that the least important is cut if time runs out. */
	qsort_r(order, spaces.count, sizeof(*order), compare_spaces, &spaces);
	for (size_t i = 0; i < spaces.count && spaces.items[order[i]].weight; i++)
		walk_space(&walk, &spaces, order[i], deadline_ns);
	write_cuts(&walk);
	strbuf_addf(out, "end\t%" PRIu64 "\n", walk.unread);
	address_spaces_release(&spaces);
	namer_free(walk.namer);
	free(walk.cuts);
}
