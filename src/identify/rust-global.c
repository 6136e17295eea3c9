/* SPDX-License-Identifier: MIT */
/*
 * identify/analysis: which of several allocators in a file is Rust's global one: the one that the
 * function behind __rust_alloc calls.
 *
 * Source: Rust's library/alloc/src/alloc.rs: __rust_alloc is a shim that the compiler makes, and
 * leads to __rg_alloc, which calls the #[global_allocator].
 */
#include "identify/analysis.h"

#include <elf.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"
#include "identify/elf.h"

/* The shims are a few instructions long. */
enum { CALL_BYTES = 6, CODE_MAX = 512, SHIMS_MAX = 8, FUNCTIONS_MAX = 65536 };

struct function {
	uint64_t at;
	enum trace_of of;
};

struct global_search {
	struct {
		uint64_t at, size;
	} shims[SHIMS_MAX];
	size_t shim_count;
	struct function *functions; /* of allocators */
	size_t count, alloc;
};

/* The allocator that a function belongs to, by its name; TRACE_COUNT: none. */
static enum trace_of owner_of(const char *name)
{
	static const struct {
		const char *part;
		bool anywhere; /* in a mangled name; else at its beginning */
		enum trace_of of;
	} parts[] = {
		{ "_rjem_", false, TRACE_JEMALLOC },
		{ "je_", false, TRACE_JEMALLOC },
		{ "mi_", false, TRACE_MIMALLOC },
		{ "_mi_", false, TRACE_MIMALLOC },
		{ "sn_", false, TRACE_SNMALLOC },
		{ "tc_", false, TRACE_TCMALLOC },
		{ "TCMalloc", false, TRACE_TCMALLOC },
		{ "rpmalloc", false, TRACE_RPMALLOC },
		{ "scalable_", false, TRACE_TBB },
		{ "12jemallocator", true, TRACE_JEMALLOC },
		{ "17tikv_jemallocator", true, TRACE_JEMALLOC },
		{ "8mimalloc", true, TRACE_MIMALLOC },
		{ "11snmalloc_rs", true, TRACE_SNMALLOC },
	};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].anywhere ? *name == '_' && strstr(name, parts[i].part)
				      : !strncmp(name, parts[i].part, strlen(parts[i].part)))
			return parts[i].of;
	return TRACE_COUNT;
}

static bool ends_with(const char *name, const char *ending)
{
	size_t len = strlen(name), end = strlen(ending);

	return len >= end && !strcmp(name + len - end, ending);
}

static bool visit(const struct elf_symbol *symbol, void *context)
{
	struct global_search *search = context;
	enum trace_of of;

	if (!symbol->defined || !symbol->value)
		return false;
	if (ends_with(symbol->name, "__rust_alloc") || ends_with(symbol->name, "__rg_alloc")) {
		if (search->shim_count < SHIMS_MAX) {
			search->shims[search->shim_count].at = symbol->value;
			search->shims[search->shim_count++].size = symbol->size;
		}
		return false;
	}
	of = owner_of(symbol->name);
	if (of != TRACE_COUNT && search->count < FUNCTIONS_MAX)
		*ARRAY_PUSH(search->functions, search->count, search->alloc) =
			(struct function){ symbol->value, of };
	return false;
}

static enum trace_of owner_at(const struct global_search *search, uint64_t address)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->functions[i].at == address)
			return search->functions[i].of;
	return TRACE_COUNT;
}

/*
 * The target of the call or jump at `at`, or 0: relative, or by a pointer of the global offset
 * table. `code` holds CALL_BYTES.
 */
static uint64_t call_x86_64(const struct elf_object *object, const unsigned char *code, uint64_t at)
{
	bool is_relative = code[0] == 0xe8 || code[0] == 0xe9;
	size_t opcode = is_relative ? 1 : 2;
	int32_t offset;

	if (!is_relative && (code[0] != 0xff || (code[1] != 0x15 && code[1] != 0x25)))
		return 0;
	memcpy(&offset, code + opcode, sizeof(offset));
	uint64_t target = at + opcode + sizeof(offset) + (uint64_t)(int64_t)offset;
	return is_relative ? target : elf_pointed_address(object, target);
}

static uint64_t call_aarch64(const unsigned char *code, uint64_t at)
{
	uint32_t word;

	memcpy(&word, code, sizeof(word));
	if (at % 4 || (word & 0x7c000000) != 0x14000000)
		return 0;
	int64_t offset = (int32_t)(word << 6) >> 4;
	return at + (uint64_t)offset;
}

static enum trace_of called_by(const struct elf_object *object, const struct global_search *search,
			       uint64_t at, uint64_t size)
{
	/* One byte more than the function has: its last jump may be a byte shorter than the longest. */
	size_t len = size && size < CODE_MAX ? (size_t)size + 1 : CODE_MAX;
	const unsigned char *code = elf_bytes_at(object, at, len);
	GElf_Ehdr header;

	if (!code || !gelf_getehdr(elf_object_handle(object), &header))
		return TRACE_COUNT;
	for (size_t i = 0; i + CALL_BYTES <= len; i++) {
		uint64_t target = header.e_machine == EM_X86_64
					  ? call_x86_64(object, code + i, at + i)
				  : header.e_machine == EM_AARCH64 ? call_aarch64(code + i, at + i)
								   : 0;
		enum trace_of of = target ? owner_at(search, target) : TRACE_COUNT;

		if (of != TRACE_COUNT)
			return of;
	}
	return TRACE_COUNT;
}

static enum trace_of global_allocator(const struct scope_entry *program)
{
	struct global_search search = { .shim_count = 0 };
	enum trace_of found = TRACE_COUNT;

	if (!traces_first(&program->traces, TRACE_RUST))
		return TRACE_COUNT;
	elf_object_find_symbol(program->object, visit, &search);
	for (size_t i = 0; i < search.shim_count && found == TRACE_COUNT; i++)
		found = called_by(program->object, &search, search.shims[i].at,
				  search.shims[i].size);
	free(search.functions);
	return found;
}

enum trace_of rust_put_global_first(const struct scope_entry *program, struct held *held)
{
	enum trace_of global = held->count < 2 ? TRACE_COUNT : global_allocator(program);

	for (size_t i = 1; i < held->count; i++) {
		if (held->items[i] != global)
			continue;
		memmove(&held->items[1], &held->items[0], i * sizeof(held->items[0]));
		held->items[0] = global;
	}
	return global;
}
