/* SPDX-License-Identifier: MIT */
/*
 * What a program prints, looked through for a number (--metric): the first byte says with which expression, the rest is the
 * text. The expression is the user's own and typed, the text is not.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "run/extract.h"
#include "run/match.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const expressions[] = {
	"x=rps ([0-9.]+)",  "x=p99=([^ ]*)",      "x=([0-9]*)",
	"x=^(\\(|[0-9])+$", "x=((a|aa)*|[0-9])b", "x=(^|,)([0-9]+)$",
};

static void check_lines(const char *text, size_t len)
{
	struct stretch line = { len, len };

	for (size_t end = len; end > 0; end = line.start) {
		line = match_line_before(text, end);
		if (line.start > line.end || line.end > end || line.start >= end)
			abort();
		if (memchr(text + line.start, '\n', line.end - line.start) ||
		    memchr(text + line.start, '\r', line.end - line.start))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct extraction extraction;
	double number;

	if (!size)
		return 0;
	/* Exactly as long as it is said to be, so that a look behind its end is seen. */
	_cleanup_free_ char *text = xmalloc(size > 1 ? size - 1 : 1);
	memcpy(text, data + 1, size - 1);
	if (extraction_parse(expressions[data[0] % ARRAY_SIZE(expressions)], &extraction, NULL) < 0)
		abort();
	check_lines(text, size - 1);
	int r = extract_from(&extraction, text, size - 1, &number, &err);
	if (r == 0 ? !isfinite(number) || number < 0 : err.kind != ERROR_TARGET || !err.message)
		abort();
	extraction_release(&extraction);
	return 0;
}
