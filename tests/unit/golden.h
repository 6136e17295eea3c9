/* SPDX-License-Identifier: MIT */
/*
 * Kept files: what a function writes is held against a file of tests/fixtures. With MADVISOR_UPDATE=1 in the environment the
 * file is written instead: read the difference before committing it.
 */
#ifndef MADVISOR_TESTS_GOLDEN_H
#define MADVISOR_TESTS_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* Says where two texts part. */
static void golden_fail(const char *path, const char *got, const char *wanted)
{
	size_t line = 1, start = 0, i;

	for (i = 0; got[i] && got[i] == wanted[i]; i++)
		if (got[i] == '\n') {
			line++;
			start = i + 1;
		}
	fail_msg("%s:%zu:\n  got:    %.*s\n  wanted: %.*s", path, line,
		 (int)strcspn(got + start, "\n"), got + start, (int)strcspn(wanted + start, "\n"),
		 wanted + start);
}

static void golden_expect(const char *path, const struct strbuf *got)
{
	_cleanup_strbuf_ struct strbuf wanted = STRBUF_INIT;

	if (getenv("MADVISOR_UPDATE")) {
		_cleanup_fclose_ FILE *f = fopen(path, "w");

		assert_non_null(f);
		assert_int_equal(fwrite(got->buf, 1, got->len, f), got->len);
		return;
	}
	if (strbuf_read_file(&wanted, path, 16 << 20) < 0)
		fail_msg("%s is missing: MADVISOR_UPDATE=1 writes it", path);
	if (strcmp(got->buf, wanted.buf) != 0)
		golden_fail(path, got->buf, wanted.buf);
}

#endif
