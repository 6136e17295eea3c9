/* SPDX-License-Identifier: MIT */
#include "run/extract.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"

/* Larger numbers are no figures: the document's limit. */
#define NUMBER_MAX 1e18

enum {
	/* regexec(3) takes time that grows with the square of a line that nearly matches. */
	LINE_MAX_BYTES = 4096,
	SHOWN_BYTES = 80,
};

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

/* The first group of the last match in a line that ends with a NUL; false without one. */
static bool match_line(const struct extraction *extraction, const char *line, regmatch_t *ret)
{
	regmatch_t groups[2];
	size_t at = 0;
	bool found = false;

	while (regexec(&extraction->regex, line + at, 2, groups, at ? REG_NOTBOL : 0) == 0) {
		if (groups[1].rm_so >= 0) {
			ret->rm_so = groups[1].rm_so + (regoff_t)at;
			ret->rm_eo = groups[1].rm_eo + (regoff_t)at;
			found = true;
		}
		if (!line[at + (size_t)groups[0].rm_eo])
			break;
		at += groups[0].rm_eo > 0 ? (size_t)groups[0].rm_eo : 1;
	}
	return found;
}

static int read_number(const struct extraction *extraction, const char *digits, double *ret,
		       struct error *err)
{
	if (parse_double(digits, ret) == 0 && *ret >= 0 && *ret <= NUMBER_MAX)
		return 0;
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;
	strbuf_add_escaped(&shown, digits);
	return error_set(err, ERROR_TARGET, EINVAL,
			 "--metric %s: what matches is no number from 0 on: '%s'", extraction->name,
			 shown.buf);
}

/* A carriage return begins a line anew, as on a terminal: progress is often shown so. */
static bool ends_line(char c)
{
	return c == '\n' || c == '\r';
}

/* Where the last line of a text starts, whose end of line is not in it any more. */
static size_t last_line(const char *text, size_t len)
{
	while (len > 0 && !ends_line(text[len - 1]))
		len--;
	return len;
}

/* The last line that matches, from the end: a long output is not all looked through. */
int extract_from(const struct extraction *extraction, const char *text, size_t len, double *ret,
		 struct error *err)
{
	while (len > 0) {
		size_t end = ends_line(text[len - 1]) ? len - 1 : len;
		size_t start = last_line(text, end);
		regmatch_t group;

		len = start;
		if (end - start > LINE_MAX_BYTES)
			continue;
		_cleanup_free_ char *line = xstrndup(text + start, end - start);
		if (match_line(extraction, line, &group)) {
			line[group.rm_eo] = '\0';
			return read_number(extraction, line + group.rm_so, ret, err);
		}
	}
	return error_set(err, ERROR_TARGET, ENODATA,
			 "--metric %s: nothing that it prints matches '%s'", extraction->name,
			 extraction->pattern);
}

/* The last line that is not empty, as it is shown: the end of a message. */
static void add_last_line(struct strbuf *message, const char *text, size_t len)
{
	while (len > 0 && ends_line(text[len - 1]))
		len--;
	size_t start = last_line(text, len);
	bool whole = len - start <= SHOWN_BYTES;
	_cleanup_free_ char *line = xstrndup(text + start, whole ? len - start : SHOWN_BYTES);

	strbuf_addstr(message, "; it ends with: '");
	strbuf_add_escaped(message, line);
	strbuf_addstr(message, whole ? "'" : "…'");
}

/* What the user needs to see to mend the regular expression. */
static int no_match(const struct extraction *extraction, const struct outcome *outcome,
		    struct error *err)
{
	_cleanup_strbuf_ struct strbuf message = STRBUF_INIT;
	const struct strbuf *out = &outcome->out.tail, *said = &outcome->err_text;

	strbuf_addf(&message, "--metric %s: nothing that it prints matches '%s'", extraction->name,
		    extraction->pattern);
	if (out->len)
		add_last_line(&message, out->buf, out->len);
	else if (said->len)
		add_last_line(&message, said->buf, said->len);
	else
		strbuf_addstr(&message, "; it prints nothing");
	return error_set(err, ERROR_TARGET, ENODATA, "%s", message.buf);
}

/* Of a long standard error only the end is kept, which may begin within a line. */
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
