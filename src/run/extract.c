/* SPDX-License-Identifier: MIT */
#include "run/extract.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "run/match.h"

/* Larger numbers are rejected: the limit of the result document. */
#define NUMBER_MAX 1e18

#define SHOWN_BYTES 80

static int refuse(const char *text, const char *problem, struct error *err)
{
	error_set(err, ERROR_USAGE, EINVAL, "--metric '%s': %s", text, problem);
	error_hint(err,
		   "write name=REGEX with the number in parentheses: 'rps=([0-9.]+) requests'");
	return -EINVAL;
}

int extraction_parse(const char *text, struct extraction *ret, struct error *err)
{
	size_t name_len = strcspn(text, "=");
	char problem[256];

	*ret = (struct extraction){ 0 };
	if (!name_len || !text[name_len] || !text[name_len + 1])
		return refuse(text, "there is no name or no regular expression", err);
	int code = regcomp(&ret->regex, text + name_len + 1, REG_EXTENDED);
	if (code) {
		regerror(code, &ret->regex, problem, sizeof(problem));
		return refuse(text, problem, err);
	}
	if (!ret->regex.re_nsub) {
		regfree(&ret->regex);
		return refuse(text, "the regular expression has no group", err);
	}
	ret->name = xstrndup(text, name_len);
	ret->pattern = xstrdup(text + name_len + 1);
	return 0;
}

void extraction_release(struct extraction *extraction)
{
	if (!extraction || !extraction->name)
		return;
	free(extraction->name);
	free(extraction->pattern);
	regfree(&extraction->regex);
	*extraction = (struct extraction){ 0 };
}

static int read_number(const struct extraction *extraction, const char *digits, double *ret,
		       struct error *err)
{
	if (parse_double(digits, ret) == 0 && *ret >= 0 && *ret <= NUMBER_MAX)
		return 0;
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;
	strbuf_add_escaped(&shown, digits);
	return error_set(err, ERROR_TARGET, EINVAL,
			 "--metric %s: the match is not a number from 0 on: '%s'", extraction->name,
			 shown.buf);
}

static int say_why(const struct extraction *extraction, int r, struct error *err)
{
	if (r == -ENODATA)
		error_set(err, ERROR_TARGET, ENODATA,
			  "--metric %s: nothing that it prints matches '%s'", extraction->name,
			  extraction->pattern);
	else if (r == -ETIME)
		error_set(
			err, ERROR_TARGET, ETIME,
			"--metric %s: to match '%s' takes more than %d s of CPU time: a line of what it "
			"prints is long",
			extraction->name, extraction->pattern, MATCH_SECONDS_MAX);
	else
		error_set(err, ERROR_MACHINE, -r, "--metric %s: no process to match in: %s",
			  extraction->name, strerror(-r));
	return r;
}

int extract_from(const struct extraction *extraction, const char *text, size_t len, double *ret,
		 struct error *err)
{
	struct stretch group;
	int r = match_last(&extraction->regex, text, len, &group);

	if (r < 0)
		return say_why(extraction, r, err);
	_cleanup_free_ char *digits = xstrndup(text + group.start, group.end - group.start);
	return read_number(extraction, digits, ret, err);
}

/* Appends the last non-empty line, escaped for display. */
static void add_last_line(struct strbuf *message, const char *text, size_t len)
{
	struct stretch line = match_line_before(text, len);

	while (line.start == line.end && line.start > 0)
		line = match_line_before(text, line.start);
	size_t line_len = line.end - line.start;
	bool whole = line_len <= SHOWN_BYTES;
	_cleanup_free_ char *shown = xstrndup(text + line.start, whole ? line_len : SHOWN_BYTES);

	strbuf_addstr(message, "; it ends with: '");
	strbuf_add_escaped(message, shown);
	strbuf_addstr(message, whole ? "'" : "…'");
}

/* Whether a line was too long to match, or began before the part that is kept. */
static bool passed_over(const struct printed *out)
{
	return match_has_line_above(out->head.buf, out->head.len, MATCH_LINE_BYTES_MAX) ||
	       match_has_line_above(out->tail.buf, out->tail.len, MATCH_LINE_BYTES_MAX);
}

/* Quotes the output, so that the user can correct the regular expression. */
static int no_match(const struct extraction *extraction, const struct outcome *outcome,
		    struct error *err)
{
	_cleanup_strbuf_ struct strbuf message = STRBUF_INIT;
	const struct strbuf *out = &outcome->out.tail, *said = &outcome->err_text;

	strbuf_addf(&message, "--metric %s: nothing that it prints matches '%s'", extraction->name,
		    extraction->pattern);
	if (passed_over(&outcome->out)) {
		strbuf_addstr(&message, "; lines above ");
		format_bytes(&message, MATCH_LINE_BYTES_MAX);
		strbuf_addstr(&message, " are passed over");
	}
	if (out->len)
		add_last_line(&message, out->buf, out->len);
	else if (said->len)
		add_last_line(&message, said->buf, said->len);
	else
		strbuf_addstr(&message, "; it prints nothing");
	return error_set(err, ERROR_TARGET, ENODATA, "%s", message.buf);
}

/* Only the end of a long standard error is kept; it may begin within a line, which is skipped. */
static const char *whole_error_lines(const struct outcome *outcome, size_t *ret_len)
{
	const struct strbuf *end = &outcome->err_text;
	bool cut = outcome->err_head.len > end->len;
	const char *newline = cut ? memchr(end->buf, '\n', end->len) : NULL;
	const char *from = newline ? newline + 1 : cut ? end->buf + end->len : end->buf;

	*ret_len = (size_t)(end->buf + end->len - from);
	return from;
}

int extract(const struct extraction *extraction, const struct outcome *outcome, double *ret,
	    struct error *err)
{
	size_t len;
	const char *text = printed_tail_lines(&outcome->out, &len);
	int r = extract_from(extraction, text, len, ret, err);

	if (r == -ENODATA) {
		text = printed_head_lines(&outcome->out, &len);
		r = extract_from(extraction, text, len, ret, err);
	}
	if (r == -ENODATA) {
		text = whole_error_lines(outcome, &len);
		r = extract_from(extraction, text, len, ret, err);
	}
	return r == -ENODATA ? no_match(extraction, outcome, err) : r;
}
