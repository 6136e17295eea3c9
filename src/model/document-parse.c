/* SPDX-License-Identifier: MIT */
/* Parses JSON of bounded size and a known schema. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/strbuf.h"
#include "model/document-internal.h"
#include "model/document-node.h"
#include "model/result.h"

#define WHERE_RESULTS_ARE                                                                       \
	"a result is what bench writes with --json FILE and keeps in $XDG_STATE_HOME/madvisor " \
	"(~/.local/state/madvisor)"

static int refuse(const char *name, struct error *err, const char *problem, const char *hint)
{
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s: %s", name, problem);

	error_hint(err, "%s", hint);
	return r;
}

/*
 * Refuses, before memory is allocated, input that is nested too deep or has too many values. It
 * recognises only where texts begin and end; the parser checks the JSON syntax.
 */
static int check_size(const char *text, size_t len, const char *name, struct error *err)
{
	size_t depth = 0, values = 1;
	bool in_text = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (in_text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_text = false;
			continue;
		}
		in_text = c == '"';
		values += c == ',' || c == '[' || c == '{';
		if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && depth)
			depth--;
		if (depth > DOCUMENT_DEPTH_MAX)
			return refuse(name, err, "nested too deep for a madvisor result",
				      WHERE_RESULTS_ARE);
		if (values > DOCUMENT_VALUES_MAX)
			return refuse(name, err, "holds more values than a madvisor result may",
				      WHERE_RESULTS_ARE);
	}
	return 0;
}

static int not_json(const char *name, const json_error_t *json_error, struct error *err)
{
	_cleanup_strbuf_ struct strbuf problem = STRBUF_INIT;

	if (json_error_code(json_error) == json_error_premature_end_of_input) {
		strbuf_addf(&problem, "ends too early, in line %d", json_error->line);
		return refuse(
			name, err, problem.buf,
			"the file was cut off while it was written or copied; fetch it again, or "
			"measure again");
	}
	strbuf_addf(&problem, "line %d, column %d: not JSON: ", json_error->line,
		    json_error->column);
	strbuf_add_escaped(&problem, json_error->text);
	return refuse(name, err, problem.buf, WHERE_RESULTS_ARE);
}

static int another_schema(const char *name, const json_t *json, const char *schema,
			  struct error *err)
{
	const char *version =
		json_string_value(json_object_get(json_object_get(json, "tool"), "version"));
	_cleanup_strbuf_ struct strbuf problem = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf hint = STRBUF_INIT;

	strbuf_addstr(&problem, "its schema is \"");
	strbuf_add_escaped(&problem, strlen(schema) <= 100 ? schema : "(too long to show)");
	strbuf_addstr(&problem, "\", and madvisor " MADVISOR_VERSION " reads \"" RESULT_SCHEMA
				"\" and \"" RESULT_SCHEMA_1 "\"");
	if (!strncmp(schema, "madvisor.result/", strlen("madvisor.result/"))) {
		strbuf_addstr(&hint, "read it with the madvisor that wrote it");
		if (version && strlen(version) <= 100) {
			strbuf_addstr(&hint, ", version ");
			strbuf_add_escaped(&hint, version);
		}
	} else {
		strbuf_addstr(&hint, WHERE_RESULTS_ARE);
	}
	return refuse(name, err, problem.buf, hint.buf);
}

static int check_schema(const json_t *json, const char *name, struct error *err)
{
	const char *schema = json_string_value(json_object_get(json, "schema"));

	if (!json_is_object(json) || !schema)
		return refuse(name, err, "is JSON, but no madvisor document: it has no \"schema\"",
			      WHERE_RESULTS_ARE);
	if (strcmp(schema, RESULT_SCHEMA) && strcmp(schema, RESULT_SCHEMA_1))
		return another_schema(name, json, schema, err);
	return 0;
}

int document_parse_json(const char *text, size_t len, const char *name, json_t **ret,
			struct error *err)
{
	json_error_t json_error;

	if (!len)
		return refuse(name, err, "is empty", WHERE_RESULTS_ARE);
	int r = check_size(text, len, name, err);
	if (r < 0)
		return r;
	json_t *json = json_loadb(text, len, JSON_REJECT_DUPLICATES, &json_error);
	if (!json)
		return not_json(name, &json_error, err);
	r = check_schema(json, name, err);
	if (r < 0) {
		json_decref(json);
		return r;
	}
	*ret = json;
	return 0;
}
