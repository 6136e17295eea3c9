/* SPDX-License-Identifier: MIT */
#include "cmd/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/savefile.h"
#include "base/show.h"
#include "base/strbuf.h"
#include "cmd/command.h"
#include "report/report.h"

enum {
	FORMATS_MAX = 15,
	FIRST_KEY = 0x1000, /* argp keys of the formats' options: no printable character */
};

/* The format whose option has that key, or NULL. */
static const struct report_format *format_by_key(int key)
{
	const struct report_format *const *formats = report_formats();

	for (int i = 0; formats[i] && i < FORMATS_MAX; i++)
		if (formats[i]->option && key == FIRST_KEY + i)
			return formats[i];
	return NULL;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	const struct report_format *format = format_by_key(key);
	struct outputs *outputs = state->input;

	if (!format)
		return ARGP_ERR_UNKNOWN;
	struct output *output = ARRAY_PUSH(outputs->items, outputs->count, outputs->alloc);
	output->format = format;
	output->path = arg;
	return 0;
}

const struct argp *outputs_argp(void)
{
	static struct argp_option options[FORMATS_MAX + 1];
	static const struct argp argp = { .options = options, .parser = parse_option };
	const struct report_format *const *formats = report_formats();

	for (int i = 0, used = 0; formats[i] && i < FORMATS_MAX; i++)
		if (formats[i]->option)
			options[used++] = (struct argp_option){ .name = formats[i]->option,
								.key = FIRST_KEY + i,
								.arg = "FILE",
								.doc = formats[i]->description };
	return &argp;
}

void outputs_add(struct outputs *outputs, const char *format_name, const char *path)
{
	struct output *output = ARRAY_PUSH(outputs->items, outputs->count, outputs->alloc);

	output->format = report_format_by_name(format_name);
	output->path = path;
}

int outputs_check(const struct outputs *outputs, struct error *err)
{
	for (size_t i = 0; i < outputs->count; i++) {
		int r = savefile_check(outputs->items[i].path, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int write_one(const struct output *output, const struct result *result, struct error *err)
{
	static const struct report_options plain = { 0 };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = report_write(result, output->format, &plain, &text, err);

	return r < 0 ? r : savefile_write(output->path, text.buf, text.len, err);
}

int outputs_write(const struct outputs *outputs, const struct result *result, struct error *err)
{
	int first = 0;

	for (size_t i = 0; i < outputs->count; i++) {
		_cleanup_error_ struct error later = ERROR_INIT;
		int r = write_one(&outputs->items[i], result, first ? &later : err);

		first = first ? first : r;
	}
	return first;
}

/* Capabilities of the terminal; NO_COLOR as in https://no-color.org. */
static struct report_options terminal_options(void)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	struct report_options options = { .utf8 = show_utf8() };

	options.width = (unsigned int)output_columns(STDOUT_FILENO);
	if (!isatty(STDOUT_FILENO))
		return options;
	options.last_verdict = true;
	options.colour = !(no_color && *no_color) && term && strcmp(term, "dumb") != 0;
	return options;
}

int outputs_show(const struct outputs *outputs, const struct result *result, struct error *err)
{
	struct report_options options = terminal_options();
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	options.details = outputs->details;
	for (size_t i = 0; i < outputs->count; i++)
		if (!strcmp(outputs->items[i].path, "-"))
			return 0;
	int r = report_write(result, report_format_by_name("term"), &options, &text, err);
	return r < 0 ? r : savefile_write("-", text.buf, text.len, err);
}

void outputs_release(struct outputs *outputs)
{
	free(outputs->items);
	*outputs = (struct outputs){ 0 };
}
