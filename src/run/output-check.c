/* SPDX-License-Identifier: MIT */
#include "run/output-check.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* Of a line that is shown. */
enum { SHOWN_BYTES = 40 };

void run_output_release(struct run_output *output)
{
	free(output->out_head);
	output->out_head = NULL;
}

void output_check_init(struct output_check *check, size_t cases, size_t contenders)
{
	*check = (struct output_check){ xcalloc(cases + 1, sizeof(*check->cases)), cases };
	for (size_t i = 0; i < cases; i++)
		check->cases[i].told = xcalloc(contenders + 1, sizeof(bool));
}

void output_check_release(struct output_check *check)
{
	for (size_t i = 0; i < check->count; i++) {
		run_output_release(&check->cases[i].expected);
		free(check->cases[i].told);
	}
	free(check->cases);
	*check = (struct output_check){ 0 };
}

static bool is_same(const struct run_output *a, const struct run_output *b, enum output_part part)
{
	switch (part) {
	case OUTPUT_STATUS:
		return a->exit_status == b->exit_status;
	case OUTPUT_OUT:
		return a->out_bytes == b->out_bytes && a->out_digest == b->out_digest;
	default:
		return a->err_digest == b->err_digest;
	}
}

void output_check_expect(struct output_check *check, size_t case_index, struct run_output *first,
			 const struct run_output *second)
{
	struct output_check_case *item = &check->cases[case_index];

	run_output_release(&item->expected);
	item->expected = *first;
	*first = (struct run_output){ 0 };
	for (enum output_part part = 0; part < OUTPUT_PARTS; part++)
		item->compared[part] = is_same(&item->expected, second, part);
	item->compared[OUTPUT_OUT] =
		item->compared[OUTPUT_OUT] && second->captured && item->expected.captured;
}

bool output_check_reads_out(const struct output_check *check, size_t case_index)
{
	const struct output_check_case *item = &check->cases[case_index];

	return item->compared[OUTPUT_OUT] && item->expected.out_bytes <= OUTPUT_CHECK_OUT_MAX;
}

enum output_part output_check_find(const struct output_check *check, size_t case_index,
				   const struct run_output *output, enum output_part from)
{
	const struct output_check_case *item = &check->cases[case_index];

	for (enum output_part part = from; part < OUTPUT_PARTS; part++) {
		if (!item->compared[part] || (part == OUTPUT_OUT && !output->captured))
			continue;
		if (!is_same(&item->expected, output, part))
			return part;
	}
	return OUTPUT_PARTS;
}

bool *output_check_told(struct output_check *check, size_t case_index, size_t contender_index)
{
	return &check->cases[case_index].told[contender_index];
}

void output_check_give_up(struct output_check *check, size_t case_index, enum output_part part)
{
	check->cases[case_index].compared[part] = false;
}

const char *output_part_name(enum output_part part)
{
	static const char *const names[OUTPUT_PARTS] = {
		[OUTPUT_STATUS] = "exit status",
		[OUTPUT_OUT] = "standard output",
		[OUTPUT_ERR] = "standard error",
	};

	return names[part];
}

/* One line of a text, as it is shown. Starts at `at`; an empty text where the output has ended. */
static void add_line(struct strbuf *sb, const struct run_output *output, size_t at)
{
	size_t len = at < output->out_head_len ? output->out_head_len - at : 0;
	const char *end = len ? memchr(output->out_head + at, '\n', len) : NULL;

	if (!len) {
		strbuf_addstr(sb, output->out_bytes > at ? "more" : "its end");
		return;
	}
	len = end ? (size_t)(end - output->out_head) - at : len;
	_cleanup_free_ char *line =
		strndup(output->out_head + at, len < SHOWN_BYTES ? len : SHOWN_BYTES);
	strbuf_addch(sb, '\'');
	if (line)
		strbuf_add_escaped(sb, line);
	strbuf_addf(sb, "%s'", len > SHOWN_BYTES ? "..." : "");
}

/* Where the kept starts of two outputs part; nothing where they do not. */
static void add_difference(struct strbuf *sb, const struct run_output *wanted,
			   const struct run_output *got)
{
	size_t shorter =
		wanted->out_head_len < got->out_head_len ? wanted->out_head_len : got->out_head_len;
	size_t at = 0, line = 1, start = 0;

	while (at < shorter && wanted->out_head[at] == got->out_head[at]) {
		if (wanted->out_head[at++] == '\n') {
			line++;
			start = at;
		}
	}
	if (at == wanted->out_head_len && at == got->out_head_len)
		return; /* further on than what is kept */
	strbuf_addf(sb, " (line %zu: ", line);
	add_line(sb, got, start);
	strbuf_addstr(sb, ", not ");
	add_line(sb, wanted, start);
	strbuf_addch(sb, ')');
}

char *output_check_describe(const struct output_check *check, size_t case_index,
			    enum output_part part, const struct run_output *output)
{
	const struct run_output *expected = &check->cases[case_index].expected;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	if (part == OUTPUT_STATUS) {
		strbuf_addf(&sb, "its exit status is %d, but %d under the baseline",
			    output->exit_status, expected->exit_status);
		return strbuf_detach(&sb);
	}
	strbuf_addf(&sb, "its %s differs from the baseline's", output_part_name(part));
	if (part == OUTPUT_OUT)
		add_difference(&sb, expected, output);
	return strbuf_detach(&sb);
}
