/* SPDX-License-Identifier: MIT */
#include "model/journal.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "model/document-internal.h"
#include "model/document.h"

/* The document without runs. Raw newlines occur only between its values: texts escape them. */
static void add_document(const struct result *result, struct strbuf *sb)
{
	struct result head = *result;
	struct tuning tuning;
	size_t begin = sb->len;

	head.run_count = 0;
	head.summary_count = 0;
	if (result->tuning) {
		tuning = *result->tuning;
		tuning.sample_count = 0;
		head.tuning = &tuning;
	}
	head.partial = true;
	document_write(&head, sb);
	for (size_t i = begin; i < sb->len; i++)
		if (sb->buf[i] == '\n')
			sb->buf[i] = ' ';
}

void journal_write_head(const struct result *result, struct strbuf *sb)
{
	strbuf_addstr(sb, "{\"journal\": \"" JOURNAL_SCHEMA "\", \"document\": ");
	add_document(result, sb);
	strbuf_addstr(sb, "}\n");
}

void journal_write_run(const struct result *result, size_t run_index, struct strbuf *sb)
{
	strbuf_addstr(sb, "{\"run\": ");
	document_write_run(result, run_index, sb);
	strbuf_addstr(sb, "}\n");
}

void journal_write_sample(const struct result *result, size_t sample_index, struct strbuf *sb)
{
	strbuf_addstr(sb, "{\"sample\": ");
	document_write_sample(result, sample_index, sb);
	strbuf_addstr(sb, "}\n");
}

/* Stacks are many and added once, so their number detects a change. */
uint64_t journal_head_digest(const struct result *result)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct result plain = *result;
	struct digest digest;

	plain.stack_count = 0;
	plain.frame_count = 0;
	add_document(&plain, &text);
	digest_init(&digest);
	digest_add(&digest, text.buf, text.len);
	digest_add(&digest, &result->stack_count, sizeof(result->stack_count));
	return digest_value(&digest);
}

/* State of reading a journal. */
struct reading {
	const char *name;
	struct error *err;
	json_t *document;
	json_t *runs;
	json_t *samples; /* of a tuning */
};

static int refuse(const struct reading *reading, size_t line, const char *what)
{
	error_set(reading->err, ERROR_USAGE, EINVAL, "%s: line %zu %s", reading->name, line, what);
	error_hint(reading->err, "name a journal that a killed madvisor left");
	return -EINVAL;
}

static int add_row(const struct reading *reading, size_t number, json_t *rows, json_t *value)
{
	return !reading->document ? refuse(reading, number, "is a row before any head")
	       : json_array_size(rows) >= DOCUMENT_ROWS_MAX
		       ? refuse(reading, number, "is a row too many")
		       : json_array_append(rows, value);
}

static int read_line(struct reading *reading, size_t number, const char *line, size_t len)
{
	json_error_t problem;
	json_t *json = json_loadb(line, len, JSON_REJECT_DUPLICATES, &problem), *value;
	const char *schema = json_string_value(json_object_get(json, "journal"));
	int r = 0;

	if (!json) {
		r = refuse(reading, number, "is not a JSON object");
	} else if ((value = json_object_get(json, "run"))) {
		r = add_row(reading, number, reading->runs, value);
	} else if ((value = json_object_get(json, "sample"))) {
		r = add_row(reading, number, reading->samples, value);
	} else if (schema && !strcmp(schema, JOURNAL_SCHEMA)) {
		json_decref(reading->document);
		reading->document = json_incref(json_object_get(json, "document"));
		if (!json_is_object(reading->document))
			r = refuse(reading, number, "has no document");
	} else if (number == 1) {
		r = refuse(reading, number, "is not the head of a madvisor journal");
	} /* A later madvisor may write other lines. */
	json_decref(json);
	return r;
}

static int read_lines(struct reading *reading, const char *text, size_t len)
{
	const char *end, *at = text;
	size_t number = 0;
	int r = 0;

	while (r == 0 && (end = memchr(at, '\n', len - (size_t)(at - text)))) {
		r = read_line(reading, ++number, at, (size_t)(end - at));
		at = end + 1;
	}
	return r == 0 && !number ? refuse(reading, 1, "has no end") : r;
}

static int parse_document(const struct reading *reading, struct result *result, struct error *err)
{
	json_t *command = json_object_get(reading->document, "command");
	json_t *tuning = json_object_get(reading->document, "tuning");

	if (json_is_object(tuning))
		json_object_set(tuning, "samples", reading->samples);
	json_object_set(reading->document, "runs", reading->runs);
	json_object_set_new(reading->document, "partial", json_true());
	if (json_is_object(command))
		json_object_set_new(command, "stopped", json_string("killed"));
	/* As in document_write(), so that numbers stay exact. */
	_cleanup_free_ char *text =
		json_dumps(reading->document, JSON_REAL_PRECISION(DOCUMENT_DIGITS));
	if (!text)
		abort();
	return document_parse(text, strlen(text), reading->name, result, err);
}

int journal_parse(const char *text, size_t len, const char *name, struct result *result,
		  struct error *err)
{
	struct reading reading = {
		.name = name, .err = err, .runs = json_array(), .samples = json_array()
	};
	int r = read_lines(&reading, text, len);

	if (r == 0)
		r = parse_document(&reading, result, err);
	json_decref(reading.document);
	json_decref(reading.runs);
	json_decref(reading.samples);
	return r;
}
