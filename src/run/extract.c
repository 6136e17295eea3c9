/* SPDX-License-Identifier: MIT */
#include "run/extract.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/units.h"
#include "base/xalloc.h"

/* Larger numbers are no figures: the document's limit. */
#define NUMBER_MAX 1e18

static int refuse(const char *text, const char *problem, struct error *err)
{
	error_set(err, ERROR_USAGE, EINVAL, "--metric '%s': %s", text, problem);
	error_hint(err, "write name=REGEX with the number in parentheses: 'rps=([0-9.]+) requests'");
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
	return error_set(err, ERROR_TARGET, EINVAL, "--metric %s: what matches is no number from 0 on: '%s'",
			 extraction->name, shown.buf);
}

/* The last line that matches, from the end: a long output is not all looked through. */
int extract_from(const struct extraction *extraction, const char *text, size_t len, double *ret,
		 struct error *err)
{
	while (len > 0) {
		const char *before = memrchr(text, '\n', len - 1);
		size_t start = before ? (size_t)(before - text) + 1 : 0;
		size_t end = text[len - 1] == '\n' ? len - 1 : len;
		_cleanup_free_ char *line = xstrndup(text + start, end - start);
		regmatch_t group;

		if (match_line(extraction, line, &group)) {
			line[group.rm_eo] = '\0';
			return read_number(extraction, line + group.rm_so, ret, err);
		}
		len = start;
	}
	return error_set(err, ERROR_TARGET, ENODATA, "--metric %s: nothing that it prints matches '%s'",
			 extraction->name, extraction->pattern);
}

int extract(const struct extraction *extraction, const struct outcome *outcome, double *ret,
	    struct error *err)
{
	const struct strbuf *texts[] = { &outcome->out_tail, &outcome->out_text, &outcome->err_text };
	int r = -ENODATA;

	for (size_t i = 0; r == -ENODATA && i < sizeof(texts) / sizeof(texts[0]); i++)
		r = extract_from(extraction, texts[i]->buf, texts[i]->len, ret, err);
	return r;
}
