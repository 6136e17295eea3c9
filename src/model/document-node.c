/* SPDX-License-Identifier: MIT */
#include "model/document-node.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/xalloc.h"

static void add_path(struct strbuf *sb, const struct node *node)
{
	if (!node->up)
		return;
	add_path(sb, node->up);
	strbuf_addf(sb, "%s%s", sb->len ? "." : "", node->key);
	if (node->indexed)
		strbuf_addf(sb, "[%zu]", node->index);
}

int node_bad(const struct node *node, const char *key, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	va_list ap;

	add_path(&sb, node);
	strbuf_addf(&sb, "%s%s ", sb.len ? "." : "", key);
	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	int r = error_set(node->err, ERROR_USAGE, EINVAL, "%s: %s", node->name, sb.buf);
	error_hint(node->err,
		   "the document was damaged or edited; docs/report-schema.md says what it "
		   "must hold, and measuring again writes a new one");
	return r;
}

static const char *kind_of(const json_t *json)
{
	if (!json)
		return "missing";
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	default:
		return "null";
	}
}

static int wrong_kind(const struct node *node, const char *key, const json_t *json,
		      const char *wanted)
{
	if (!json)
		return node_bad(node, key, "is missing: it must be %s", wanted);
	return node_bad(node, key, "is %s: it must be %s", kind_of(json), wanted);
}

int node_object(const struct node *up, const char *key, struct node *ret)
{
	*ret = (struct node){ .name = up->name, .err = up->err, .up = up, .key = key };
	ret->json = json_object_get(up->json, key);
	return json_is_object(ret->json) ? 0 : wrong_kind(up, key, ret->json, "an object");
}

static int take_text(const struct node *node, const char *key, const json_t *json, size_t max,
		     char **ret)
{
	if (!json_is_string(json))
		return wrong_kind(node, key, json, "a text");
	if (json_string_length(json) > max)
		return node_bad(node, key, "is longer than %zu bytes", max);
	*ret = xstrdup(json_string_value(json));
	return 0;
}

int node_text(const struct node *node, const char *key, size_t max, char **ret)
{
	return take_text(node, key, json_object_get(node->json, key), max, ret);
}

int node_text_or_null(const struct node *node, const char *key, size_t max, char **ret)
{
	const json_t *json = json_object_get(node->json, key);

	if (!json || json_is_null(json))
		return 0;
	if (!json_is_string(json))
		return wrong_kind(node, key, json, "a text or null");
	return take_text(node, key, json, max, ret);
}

static int take_list(const struct node *node, const char *key, size_t max, const json_t **ret)
{
	const json_t *json = json_object_get(node->json, key);

	if (!json_is_array(json))
		return wrong_kind(node, key, json, "a list");
	if (json_array_size(json) > max)
		return node_bad(node, key, "has more than %zu rows", max);
	*ret = json;
	return 0;
}

int node_text_list(const struct node *node, const char *key, size_t max, char ***ret)
{
	const json_t *list;

	if (!json_object_get(node->json, key))
		return 0;
	int r = take_list(node, key, max, &list);
	if (r < 0 || !json_array_size(list))
		return r;
	char **strings = *ret = xcalloc(json_array_size(list) + 1, sizeof(*strings));
	for (size_t i = 0; r >= 0 && i < json_array_size(list); i++) {
		_cleanup_strbuf_ struct strbuf place = STRBUF_INIT;

		strbuf_addf(&place, "%s[%zu]", key, i);
		r = take_text(node, place.buf, json_array_get(list, i), 1u << 20, &strings[i]);
	}
	return r;
}

int node_number_or_null(const struct node *node, const char *key, double low, double high,
			double *ret)
{
	const json_t *json = json_object_get(node->json, key);

	*ret = NAN;
	if (!json || json_is_null(json))
		return 0;
	if (!json_is_number(json))
		return wrong_kind(node, key, json, "a number or null");
	double value = json_number_value(json);
	if (!(value >= low && value <= high))
		return node_bad(node, key, "is %g: it must be from %g to %g", value, low, high);
	*ret = value;
	return 0;
}

int node_count(const struct node *node, const char *key, uint64_t low, uint64_t high, uint64_t *ret)
{
	const json_t *json = json_object_get(node->json, key);

	if (!json_is_integer(json))
		return json_is_real(json) ? node_bad(node, key, "is not a whole number")
					  : wrong_kind(node, key, json, "a whole number");
	json_int_t value = json_integer_value(json);
	if (value < 0 || (uint64_t)value < low || (uint64_t)value > high)
		return node_bad(node, key, "is %lld: it must be from %llu to %llu",
				(long long)value, (unsigned long long)low,
				(unsigned long long)high);
	*ret = (uint64_t)value;
	return 0;
}

int node_count_or_null(const struct node *node, const char *key, uint64_t high, uint64_t *ret)
{
	const json_t *json = json_object_get(node->json, key);

	*ret = 0;
	if (!json || json_is_null(json))
		return 0;
	return node_count(node, key, 1, high, ret);
}

int node_bool(const struct node *node, const char *key, bool *ret)
{
	const json_t *json = json_object_get(node->json, key);

	if (!json_is_boolean(json))
		return wrong_kind(node, key, json, "true or false");
	*ret = json_is_true(json);
	return 0;
}

size_t node_length(const struct node *node, const char *key)
{
	return json_array_size(json_object_get(node->json, key));
}

int node_each(const struct node *node, const char *key, size_t max,
	      int (*read)(const struct node *row, void *ctx), void *ctx)
{
	const json_t *list;
	int r = take_list(node, key, max, &list);

	for (size_t i = 0; r >= 0 && i < json_array_size(list); i++) {
		struct node row = {
			.name = node->name,
			.err = node->err,
			.up = node,
			.key = key,
			.indexed = true,
			.index = i,
			.json = json_array_get(list, i),
		};

		if (!json_is_object(row.json)) {
			_cleanup_strbuf_ struct strbuf place = STRBUF_INIT;

			strbuf_addf(&place, "%s[%zu]", key, i);
			return wrong_kind(node, place.buf, row.json, "an object");
		}
		r = read(&row, ctx);
	}
	return r;
}
