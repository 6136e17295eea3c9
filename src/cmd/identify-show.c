/* SPDX-License-Identifier: MIT */
#include "cmd/identify-show.h"

#include <string.h>

#include "alloc/ineffective.h"
#include "base/path.h"

/* Adds text from the target. */
static void add(struct strbuf *out, const char *before, const char *text, const char *after)
{
	strbuf_addstr(out, before);
	strbuf_add_escaped(out, text);
	strbuf_addstr(out, after);
}

static void add_how(struct strbuf *out, const struct heap *heap)
{
	static const char *const texts[] = {
		[HEAP_HOW_UNKNOWN] = NULL,          [HEAP_LIBC] = "the C library's own",
		[HEAP_NEEDED] = "a needed library", [HEAP_LINKED_IN] = "linked in",
		[HEAP_PRELOADED] = "preloaded",     [HEAP_LOADED] = "loaded while running",
	};

	if (texts[heap->how])
		strbuf_addf(out, ", %s", texts[heap->how]);
}

/* "jemalloc 5.3.0, a needed library (/lib/x86_64-linux-gnu/libjemalloc.so.2)" */
static void add_heap_name(struct strbuf *out, const struct identification *target,
			  const struct heap *heap)
{
	strbuf_addstr(out, heap->allocator ? heap->allocator : "unknown");
	if (heap->version)
		add(out, " ", heap->version, "");
	add_how(out, heap);
	if (heap->object && target->path && strcmp(heap->object, target->path) != 0)
		add(out, " (", heap->object, ")");
	strbuf_addch(out, '\n');
}

static void add_settings(struct strbuf *out, const struct identification *target,
			 const struct heap *heap)
{
	if (!heap->setting_count)
		strbuf_addstr(out, target->environment_overwritten ? "; what is set cannot be told"
								   : "; nothing set now");
	for (size_t i = 0; i < heap->setting_count; i++) {
		add(out, i ? ", " : "; set now: ", heap->settings[i].key, "=");
		strbuf_add_escaped(out, heap->settings[i].value);
	}
	strbuf_addch(out, '\n');
}

static void add_heap_settings(struct strbuf *out, const struct identification *target,
			      const char *indent, const struct heap *heap)
{
	if (heap->set_with) {
		add(out, indent, "set it with ", "");
		strbuf_add_escaped(out, heap->set_with);
		if (heap->config_file)
			add(out, " or ", heap->config_file, "");
		add_settings(out, target, heap);
	} else if (heap->nothing_to_set) {
		strbuf_addf(out, "%sit reads no environment: nothing can be set\n", indent);
	} else if (heap->allocator) {
		strbuf_addf(out, "%sit is not known what sets it\n", indent);
	}
	if (heap->compiled_in) {
		strbuf_addf(out, "%s", indent);
		add(out, "compiled in: ", heap->compiled_in, "\n");
	}
}

static void add_heap_preload(struct strbuf *out, const char *indent, const struct heap *heap)
{
	switch (heap->preload_replaceable) {
	case TRISTATE_YES:
		strbuf_addf(out, "%sLD_PRELOAD can replace it\n", indent);
		return;
	case TRISTATE_NO:
		strbuf_addf(out, "%sLD_PRELOAD cannot replace it", indent);
		break;
	case TRISTATE_UNKNOWN:
		strbuf_addf(out, "%swhether LD_PRELOAD can replace it is not known", indent);
		break;
	}
	if (heap->preload_reason)
		add(out, ": ", heap->preload_reason, "");
	strbuf_addch(out, '\n');
}

static void add_heap(struct strbuf *out, const struct identification *target,
		     const struct heap *heap, bool verbose)
{
	const char *indent = target->heap_count == 1 ? "  " : "    ";

	if (target->heap_count > 1)
		add(out, "  ", heap->serves, ": ");
	add_heap_name(out, target, heap);
	if (heap->unused) {
		strbuf_addstr(out, indent);
		add(out, "not in use (", heap->unused, ")\n");
	} else if (heap->chosen_by && heap->allocator) {
		strbuf_addf(out, "%schosen, where several are linked in, by ", indent);
		add(out, heap->chosen_by, "=", heap->allocator);
		strbuf_addch(out, '\n');
	}
	add_heap_settings(out, target, indent, heap);
	add_heap_preload(out, indent, heap);
	for (size_t i = 0; verbose && i < heap->evidence.count; i++) {
		strbuf_addf(out, "%s", indent);
		add(out, "evidence: ", heap->evidence.items[i], "\n");
	}
}

static void add_ineffective_text(struct strbuf *out, const struct without_effect *row)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	ineffective_say(row, &text);
	strbuf_add_escaped(out, text.buf);
}

static void add_layer(struct strbuf *out, const struct heap_layer *layer)
{
	add(out, "  above malloc: ", layer->name, ": ");
	if (layer->unused)
		add(out, "not in use (", layer->unused, "): malloc serves in its place\n");
	else
		add(out, "", layer->text, "\n");
}

static void add_kind(struct strbuf *out, const struct identification *target)
{
	strbuf_addf(out, "  kind: %s", target->kind);
	if (target->interpreter)
		add(out, ", run by ", target->interpreter, "");
	if (target->machine)
		add(out, ", ", target->machine, "");
	if (target->path)
		add(out, ", ", target->path, "");
	strbuf_addch(out, '\n');
}

void identify_show(const struct identification *target, bool verbose, struct strbuf *out)
{
	strbuf_add_escaped(out, target->target);
	if (target->pid && target->path)
		add(out, " (", target->path, ")");
	if (target->interpreter)
		add(out, ", a script for ", target->interpreter, "");
	if (target->heap_count == 1)
		strbuf_addstr(out, ": ");
	else
		strbuf_addf(out, ": %s\n",
			    target->heap_count ? "several heaps" : "no heap of its own");
	for (size_t i = 0; i < target->heap_count; i++)
		add_heap(out, target, &target->heaps[i], verbose);
	for (size_t i = 0; i < target->ineffective_count; i++) {
		strbuf_addstr(out, "  ");
		add_ineffective_text(out, &target->ineffective[i]);
		strbuf_addch(out, '\n');
	}
	if (target->environment_overwritten)
		strbuf_addstr(out, "  note: the process has written over its environment: which "
				   "variables it was started with cannot be told\n");
	for (size_t i = 0; i < target->layer_count; i++)
		add_layer(out, &target->layers[i]);
	for (size_t i = 0; i < target->notes.count; i++)
		add(out, "  note: ", target->notes.items[i], "\n");
	if (verbose)
		add_kind(out, target);
}

/* --- one line */

static void add_heap_in_line(struct strbuf *out, const struct identification *target, size_t i)
{
	const struct heap *heap = &target->heaps[i];

	strbuf_addstr(out, i ? "; " : "");
	if (i)
		add(out, "", heap->serves, ": ");
	strbuf_addstr(out, heap->allocator ? heap->allocator : "unknown");
	if (heap->version)
		add(out, " ", heap->version, "");
	if (heap->how != HEAP_LIBC)
		add_how(out, heap);
	if (heap->unused)
		add(out, " (not in use: ", heap->unused, ")");
	if (heap->compiled_in)
		add(out, ", compiled in: ", heap->compiled_in, "");
	for (size_t k = 0; k < heap->setting_count; k++) {
		add(out, k ? ", " : ", set: ", heap->settings[k].key, "=");
		strbuf_add_escaped(out, heap->settings[k].value);
	}
}

void identify_show_line(const struct identification *target, struct strbuf *out)
{
	strbuf_addf(out, "%7d ", (int)target->pid);
	add(out, "", target->path ? path_name(target->path) : "?", ": ");
	for (size_t i = 0; i < target->ineffective_count; i++) {
		const struct without_effect *row = &target->ineffective[i];

		add_ineffective_text(out, row);
		strbuf_addstr(out, " | ");
	}
	for (size_t i = 0; i < target->heap_count; i++)
		add_heap_in_line(out, target, i);
	if (target->environment_overwritten)
		strbuf_addstr(out, "; what is set cannot be told");
	strbuf_addch(out, '\n');
}
