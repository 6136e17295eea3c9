/* SPDX-License-Identifier: MIT */
/* identify/identify: the document "madvisor.identify/1". */
#include <jansson.h>
#include <stdlib.h>

#include "identify/identify.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/document-values.h"

static json_t *tristate_json(enum tristate answer)
{
	return answer == TRISTATE_UNKNOWN ? json_null() : json_boolean(answer == TRISTATE_YES);
}

static json_t *list_json(const struct text_list *list)
{
	json_t *array = json_array();

	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(array, text(list->items[i]));
	return array;
}

static json_t *settings_json(const struct heap *heap)
{
	json_t *object = json_object();

	for (size_t i = 0; i < heap->setting_count; i++)
		json_object_set_new(object, heap->settings[i].key, text(heap->settings[i].value));
	return object;
}

/* null: the environment that would say so cannot be told. */
static json_t *in_use_json(const struct identification *target, const char *unused)
{
	return unused || !target->environment_overwritten ? json_boolean(!unused) : json_null();
}

static json_t *ineffective_json(const struct identification *target)
{
	json_t *array = json_array();

	for (size_t i = 0; i < target->ineffective_count; i++) {
		const struct without_effect *row = &target->ineffective[i];
		json_t *object = json_object();

		json_object_set_new(object, "variable", text(row->variable));
		json_object_set_new(object, "value", text(row->value));
		json_object_set_new(object, "effect",
				    json_string(row->misread ? "another" : "none"));
		json_object_set_new(object, "reason", text(row->reason));
		json_object_set_new(object, "instead", text(row->instead));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *layers_json(const struct identification *target)
{
	json_t *array = json_array();

	for (size_t i = 0; i < target->layer_count; i++) {
		const struct heap_layer *layer = &target->layers[i];
		json_t *object = json_object();

		json_object_set_new(object, "name", text(layer->name));
		json_object_set_new(object, "text", text(layer->text));
		json_object_set_new(object, "in_use", in_use_json(target, layer->unused));
		json_object_set_new(object, "unused_reason", text(layer->unused));
		json_array_append_new(array, object);
	}
	return array;
}

static json_t *heap_json(const struct identification *target, const struct heap *heap)
{
	json_t *object = json_object();

	json_object_set_new(object, "serves", text(heap->serves));
	json_object_set_new(object, "allocator", text(heap->allocator));
	json_object_set_new(object, "version", text(heap->version));
	json_object_set_new(object, "how", text(heap_how_text(heap->how)));
	json_object_set_new(object, "object", text(heap->object));
	json_object_set_new(object, "env_var", text(heap->env_var));
	json_object_set_new(object, "config_file", text(heap->config_file));
	json_object_set_new(object, "set_with", text(heap->set_with));
	json_object_set_new(object, "nothing_to_set", json_boolean(heap->nothing_to_set));
	json_object_set_new(object, "compiled_in", text(heap->compiled_in));
	json_object_set_new(object, "settings_in_force", settings_json(heap));
	json_object_set_new(object, "in_use", in_use_json(target, heap->unused));
	json_object_set_new(object, "unused_reason", text(heap->unused));
	json_object_set_new(object, "chosen_by", text(heap->chosen_by));
	json_object_set_new(object, "preload_replaceable",
			    tristate_json(heap->preload_replaceable));
	json_object_set_new(object, "preload_reason", text(heap->preload_reason));
	json_object_set_new(object, "evidence", list_json(&heap->evidence));
	return object;
}

static json_t *target_json(const struct identification *target)
{
	json_t *object = json_object(), *heaps = json_array();

	for (size_t i = 0; i < target->heap_count; i++)
		json_array_append_new(heaps, heap_json(target, &target->heaps[i]));
	json_object_set_new(object, "target", text(target->target));
	json_object_set_new(object, "path", text(target->path));
	json_object_set_new(object, "pid", target->pid ? json_integer(target->pid) : json_null());
	json_object_set_new(object, "kind", text(target->kind));
	json_object_set_new(object, "machine", text(target->machine));
	json_object_set_new(object, "interpreter", text(target->interpreter));
	json_object_set_new(object, "heaps", heaps);
	json_object_set_new(object, "layers", layers_json(target));
	json_object_set_new(object, "environment_overwritten",
			    json_boolean(target->environment_overwritten));
	json_object_set_new(object, "without_effect", ineffective_json(target));
	json_object_set_new(object, "preload_replaceable",
			    tristate_json(identification_preload_replaceable(target)));
	json_object_set_new(object, "notes", list_json(&target->notes));
	return object;
}

char *identification_document(const struct identification *targets, size_t count)
{
	json_t *root = json_object(), *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, target_json(&targets[i]));
	json_object_set_new(root, "schema", json_string("madvisor.identify/1"));
	json_object_set_new(root, "tool",
			    json_pack("{s:s, s:s}", "name", "madvisor", "version",
				      MADVISOR_VERSION));
	json_object_set_new(root, "targets", list);
	_cleanup_free_ char *written = json_dumps(root, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	json_decref(root);
	/* jansson returns NULL only when out of memory. */
	return xasprintf("%s\n", written ? written : "");
}
