/* SPDX-License-Identifier: MIT */
/*
 * model/document-values: values of a document that is written. Parts of it share these. Out of memory ends the
 * program: all else about the values is well-formed.
 */
#ifndef MADVISOR_MODEL_DOCUMENT_VALUES_H
#define MADVISOR_MODEL_DOCUMENT_VALUES_H

#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/utf8.h"
#include "model/document-internal.h"

static inline json_t *must(json_t *value)
{
	if (!value)
		abort(); /* out of memory: the input is always well-formed */
	return value;
}

static inline void set(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, must(value)) < 0)
		abort();
}

static inline void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, must(value)) < 0)
		abort();
}

/* JSON is UTF-8 only, but paths and arguments are bytes: invalid bytes become \xNN text. */
static inline json_t *text(const char *s)
{
	if (!s)
		return json_null();
	json_t *exact = json_string(s);
	if (exact)
		return exact;

	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	while (*s) {
		size_t len = (unsigned char)*s < 0x80 ? 1 : utf8_printable_len(s);

		if (len)
			strbuf_add(&sb, s, len);
		else
			strbuf_addf(&sb, "\\x%02x", (unsigned char)*s);
		s += len ? len : 1;
	}
	return json_string(sb.buf);
}

static inline json_t *text_list(char *const *strings)
{
	json_t *list = must(json_array());

	for (; strings && *strings; strings++)
		append(list, text(*strings));
	return list;
}

/*
 * Integers as integers; null for NAN. A number that no written digit tells from an integer is that integer too: it reads back
 * as one, and a document that is read and written again stays the same.
 */
static inline json_t *number(double value)
{
	char written[32];

	if (!isfinite(value))
		return json_null();
	if (value != floor(value)) {
		(void)snprintf(written, sizeof(written), "%.*g", DOCUMENT_DIGITS, value);
		value = strtod(written, NULL);
	}
	if (value == floor(value) && fabs(value) <= DOCUMENT_INTEGER_MAX)
		return json_integer((json_int_t)value);
	return json_real(value);
}

/* null for 0 (unknown in the model), and for a count that JSON readers do not keep exactly. */
static inline json_t *count_or_null(uint64_t count)
{
	if (!count || count > (uint64_t)DOCUMENT_INTEGER_MAX)
		return json_null();
	return json_integer((json_int_t)count);
}

#endif
