/* SPDX-License-Identifier: MIT */
/* identify/analysis: notes for the user on a program that the loader starts. */
#include "identify/analysis.h"

#include <string.h>

#include "base/array.h"
#include "identify/elf.h"
#include "base/path.h"
#include "base/strbuf.h"

/* Names in a note, at most. */
#define ABSENT_SHOWN 5

/* Parts of a C library and of a compiler's run time: they define no malloc. */
static bool is_harmless(const char *name)
{
	static const char *const prefixes[] = { "libc.so",      "libm.so",     "libpthread.so",
						"libdl.so",     "librt.so",    "libutil.so",
						"libresolv.so", "libgcc_s.so", "libstdc++.so",
						"libatomic.so", "libgomp.so",  "ld-linux",
						"libc.musl-" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (!strncmp(name, prefixes[i], strlen(prefixes[i])))
			return true;
	return is_allocator_name(name);
}

/* Notes the missing libraries that precede, in search order, the one that seems to serve malloc. */
static void note_absent(const struct scope *scope, const struct scope_entry *server,
			struct identification *ret)
{
	_cleanup_strbuf_ struct strbuf list = STRBUF_INIT;
	size_t end = server ? (size_t)(server - scope->items) : scope->count, count = 0;

	for (size_t i = 1; i < end; i++) {
		if (scope->items[i].object || scope->items[i].origin != SCOPE_NEEDED ||
		    is_harmless(scope->items[i].name))
			continue;
		if (count++ < ABSENT_SHOWN)
			strbuf_addf(&list, "%s%s", list.len ? ", " : "", scope->items[i].name);
	}
	if (count > ABSENT_SHOWN)
		strbuf_addf(&list, " and %zu more", count - ABSENT_SHOWN);
	if (count)
		text_list_addf(&ret->notes,
			       "not found here: %s; if one of them defines malloc, it "
			       "serves instead",
			       list.buf);
}

static bool is_cxx_library(const struct scope_entry *entry)
{
	const char *name = path_name(entry_path(entry));

	return !strncmp(name, "libstdc++", 9) || !strncmp(name, "libc++", 6);
}

static void note_operator_new(const struct target_view *view, struct identification *ret,
			      const struct scope_entry *malloc_definer)
{
	const struct scope_entry *definer = scope_definer(view->scope, "_Znwm");

	if (!definer || definer == malloc_definer || is_cxx_library(definer) ||
	    entry_is_libc(view->scope, definer) || !elf_object_defines(definer->object, "_ZdlPv") ||
	    definer->traces.symbol[TRACE_MALLOC_CALL])
		return;
	text_list_addf(&ret->notes,
		       "C++ operator new is defined by %s, which calls no malloc: C++ objects "
		       "have a heap of their own",
		       entry_path(definer));
}

/* A preload does not replace an allocator's own functions: their blocks stay with it. */
static void note_own_functions(const struct scope *scope, struct identification *ret)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct traces *traces = &scope->items[i].traces;
		const char *function = traces->symbol[TRACE_NONSTANDARD];

		if (!function || held_by(traces).count)
			continue;
		text_list_addf(&ret->notes,
			       "%s calls %s: what it gets from there stays with that "
			       "allocator, whatever is preloaded",
			       entry_path(&scope->items[i]), function);
		return;
	}
}

static void note_dlopen(const struct target_view *view, struct identification *ret)
{
	const struct traces *traces = &view->scope->items[0].traces;

	if (traces->symbol[TRACE_DLOPEN] && traces->text[TRACE_DLOPEN_ALLOCATOR] && !ret->pid)
		text_list_addf(&ret->notes,
			       "it names %s and calls dlopen: it may load that while it "
			       "runs; -p PID tells",
			       traces->text[TRACE_DLOPEN_ALLOCATOR]);
}

void note_rights(const struct target_view *view, struct identification *ret)
{
	if (view->secure_reason)
		text_list_addf(&ret->notes,
			       "%s: LD_PRELOAD, LD_LIBRARY_PATH and the allocator's "
			       "variables have no effect, except for those who have its "
			       "rights already",
			       view->secure_reason);
}

void note_refused(const struct target_view *view, struct identification *ret)
{
	for (size_t i = 0; i < view->scope->refused_count; i++) {
		const struct scope_refusal *refusal = &view->scope->refused[i];

		identification_add_ineffective(ret, refusal->from, refusal->name, refusal->why,
					       NULL);
	}
}

/* A wrapper that unpacks a program or library shows only its own few functions. */
static void note_compressed(const struct scope_entry *entry, struct identification *ret)
{
	const char *section = elf_compressed_section(entry->object);

	if (section)
		text_list_addf(&ret->notes,
			       "most of %s is compressed (section %s): what it unpacks while it "
			       "runs may bring an allocator along; -p PID tells",
			       entry_path(entry), section);
}

void note_unseen(const struct target_view *view, struct identification *ret)
{
	if (!ret->pid)
		note_compressed(&view->scope->items[0], ret);
	for (size_t i = 0; i < view->scope->count; i++) {
		const struct scope_entry *entry = &view->scope->items[i];

		if (entry->object && !elf_is_seen_whole(entry->object))
			text_list_addf(&ret->notes,
				       "%s holds more than madvisor looks through: an allocator "
				       "in it may not have been seen",
				       entry_path(entry));
	}
}

void notes_add(const struct target_view *view, struct identification *ret,
	       const struct scope_entry *definer, const struct scope_entry *server)
{
	note_operator_new(view, ret, definer);
	note_absent(view->scope, server, ret);
	note_own_functions(view->scope, ret);
	note_dlopen(view, ret);
}
