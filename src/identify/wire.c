/* SPDX-License-Identifier: MIT */
#include "identify/wire.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/xalloc.h"

#define MAGIC 0x3244494dU /* "MID2" */

static const char *const kinds[] = { "dynamic", "static", "library", "script", "go" };

/* --- writing */

static void put_number(struct strbuf *out, size_t number)
{
	uint32_t narrow = (uint32_t)number;

	strbuf_add(out, &narrow, sizeof(narrow));
}

static size_t put_count(struct strbuf *out, size_t count)
{
	size_t put = count < WIRE_ITEMS_MAX ? count : WIRE_ITEMS_MAX;

	put_number(out, put);
	return put;
}

static void put_text(struct strbuf *out, const char *text)
{
	size_t len = text ? strnlen(text, WIRE_TEXT_MAX) : 0;

	put_number(out, text ? len + 1 : 0);
	if (text)
		strbuf_add(out, text, len);
}

static void put_list(struct strbuf *out, const struct text_list *list)
{
	size_t count = put_count(out, list->count);

	for (size_t i = 0; i < count; i++)
		put_text(out, list->items[i]);
}

static void put_kind(struct strbuf *out, const char *kind)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(kinds) && strcmp(kinds[i], kind) != 0)
		i++;
	put_number(out, i);
}

static void put_settings(struct strbuf *out, const struct setting *settings, size_t all)
{
	size_t count = put_count(out, all);

	for (size_t i = 0; i < count; i++) {
		put_text(out, settings[i].key);
		put_text(out, settings[i].value);
	}
}

static void put_ineffective(struct strbuf *out, const struct identification *found)
{
	size_t count = put_count(out, found->ineffective_count);

	for (size_t i = 0; i < count; i++) {
		const struct without_effect *row = &found->ineffective[i];

		put_text(out, row->variable);
		put_text(out, row->value);
		put_number(out, row->misread);
		put_text(out, row->reason);
		put_text(out, row->instead);
	}
}

static void put_heap(struct strbuf *out, const struct heap *heap)
{
	put_text(out, heap->serves);
	put_text(out, heap->allocator);
	put_text(out, heap->version);
	put_number(out, heap->how);
	put_text(out, heap->object);
	put_text(out, heap->env_var);
	put_text(out, heap->config_file);
	put_text(out, heap->set_with);
	put_number(out, heap->nothing_to_set);
	put_text(out, heap->compiled_in);
	put_settings(out, heap->settings, heap->setting_count);
	put_text(out, heap->chosen_by);
	put_text(out, heap->unused);
	put_number(out, heap->preload_replaceable);
	put_text(out, heap->preload_reason);
	put_list(out, &heap->evidence);
}

void wire_write(const struct identification *found, struct strbuf *out)
{
	put_number(out, MAGIC);
	put_kind(out, found->kind);
	put_text(out, found->machine);
	put_text(out, found->interpreter);
	put_number(out, found->loading);
	size_t heaps = put_count(out, found->heap_count);
	for (size_t i = 0; i < heaps; i++)
		put_heap(out, &found->heaps[i]);
	size_t layers = put_count(out, found->layer_count);
	for (size_t i = 0; i < layers; i++) {
		put_text(out, found->layers[i].name);
		put_text(out, found->layers[i].text);
		put_text(out, found->layers[i].unused);
	}
	put_number(out, found->environment_overwritten);
	put_settings(out, found->unread, found->unread_count);
	put_ineffective(out, found);
	put_list(out, &found->notes);
}

/* --- reading */

/* Unread input. The first malformed item sets bad; every later item reads as empty. */
struct wire_reader {
	const char *at;
	size_t left;
	bool bad;
};

static size_t fail(struct wire_reader *reader)
{
	reader->bad = true;
	reader->left = 0;
	return 0;
}

/* A number of at most max. */
static size_t take_number(struct wire_reader *reader, size_t max)
{
	uint32_t number;

	if (reader->left < sizeof(number))
		return fail(reader);
	memcpy(&number, reader->at, sizeof(number));
	reader->at += sizeof(number);
	reader->left -= sizeof(number);
	return number <= max ? number : fail(reader);
}

static size_t take_count(struct wire_reader *reader)
{
	return take_number(reader, WIRE_ITEMS_MAX);
}

/* NULL for none. */
static char *take_text(struct wire_reader *reader)
{
	size_t size = take_number(reader, WIRE_TEXT_MAX + 1);

	if (!size)
		return NULL;
	if (reader->left < size - 1 || memchr(reader->at, '\0', size - 1)) {
		fail(reader);
		return NULL;
	}
	char *text = xstrndup(reader->at, size - 1);
	reader->at += size - 1;
	reader->left -= size - 1;
	return text;
}

/* A mandatory text. */
static char *take_needed_text(struct wire_reader *reader)
{
	char *text = take_text(reader);

	if (!text)
		fail(reader);
	return text;
}

static void take_list(struct wire_reader *reader, struct text_list *ret)
{
	size_t count = take_count(reader);

	for (size_t i = 0; i < count && !reader->bad; i++) {
		char *text = take_needed_text(reader);

		if (text)
			*ARRAY_PUSH(ret->items, ret->count, ret->alloc) = text;
	}
}

static void take_setting(struct wire_reader *reader, struct setting *setting)
{
	setting->key = take_needed_text(reader);
	setting->value = take_needed_text(reader);
}

static void take_settings(struct wire_reader *reader, struct heap *ret)
{
	size_t count = take_count(reader);

	for (size_t i = 0; i < count && !reader->bad; i++)
		take_setting(reader,
			     ARRAY_PUSH(ret->settings, ret->setting_count, ret->setting_alloc));
}

static void take_unread(struct wire_reader *reader, struct identification *ret)
{
	size_t count = take_count(reader);

	for (size_t i = 0; i < count && !reader->bad; i++)
		take_setting(reader, ARRAY_PUSH(ret->unread, ret->unread_count, ret->unread_alloc));
}

static void take_ineffective(struct wire_reader *reader, struct identification *ret)
{
	size_t count = take_count(reader);

	for (size_t i = 0; i < count && !reader->bad; i++) {
		struct without_effect *row = ARRAY_PUSH(ret->ineffective, ret->ineffective_count,
							ret->ineffective_alloc);

		row->variable = take_needed_text(reader);
		row->value = take_needed_text(reader);
		row->misread = take_number(reader, 1);
		row->reason = take_needed_text(reader);
		row->instead = take_text(reader);
	}
}

static void take_heap(struct wire_reader *reader, struct heap *ret)
{
	ret->serves = take_needed_text(reader);
	ret->allocator = take_text(reader);
	ret->version = take_text(reader);
	ret->how = (enum heap_how)take_number(reader, HEAP_LOADED);
	ret->object = take_text(reader);
	ret->env_var = take_text(reader);
	ret->config_file = take_text(reader);
	ret->set_with = take_text(reader);
	ret->nothing_to_set = take_number(reader, 1);
	ret->compiled_in = take_text(reader);
	take_settings(reader, ret);
	ret->chosen_by = take_text(reader);
	ret->unused = take_text(reader);
	ret->preload_replaceable = (enum tristate)take_number(reader, TRISTATE_NO);
	ret->preload_reason = take_text(reader);
	take_list(reader, &ret->evidence);
}

static void take_layers(struct wire_reader *reader, struct identification *ret)
{
	size_t count = take_count(reader);

	for (size_t i = 0; i < count && !reader->bad; i++) {
		struct heap_layer *layer =
			ARRAY_PUSH(ret->layers, ret->layer_count, ret->layer_alloc);

		layer->name = take_needed_text(reader);
		layer->text = take_needed_text(reader);
		layer->unused = take_text(reader);
	}
}

int wire_read(const char *bytes, size_t len, struct identification *ret)
{
	struct wire_reader reader = { bytes, len, false };

	*ret = (struct identification){ 0 };
	if (take_number(&reader, UINT32_MAX) != MAGIC)
		fail(&reader);
	ret->kind = kinds[take_number(&reader, ARRAY_SIZE(kinds) - 1)];
	ret->machine = take_text(&reader);
	ret->interpreter = take_text(&reader);
	ret->loading = take_number(&reader, 1);
	size_t heaps = take_count(&reader);
	for (size_t i = 0; i < heaps && !reader.bad; i++)
		take_heap(&reader, ARRAY_PUSH(ret->heaps, ret->heap_count, ret->heap_alloc));
	take_layers(&reader, ret);
	ret->environment_overwritten = take_number(&reader, 1);
	take_unread(&reader, ret);
	take_ineffective(&reader, ret);
	take_list(&reader, &ret->notes);
	if (!reader.bad && !reader.left)
		return 0;
	identification_release(ret);
	return -EBADMSG;
}
