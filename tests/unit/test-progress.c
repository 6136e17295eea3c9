/* SPDX-License-Identifier: MIT */
/* What stands on a standard error that is no terminal, and when. */
#include "cmd/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/units.h"

static uint64_t now_ns;

static uint64_t pretended_now(void *context)
{
	return now_ns;
}

static const struct clock pretended = { pretended_now, NULL };

/* Ten minutes of runs of a second each, and what they print. */
static void run_ten_minutes(enum progress_mode mode, uint64_t expected_ns, struct strbuf *out)
{
	const struct outlook outlook = { 10, 26, 2, false, expected_ns };
	_cleanup_fclose_ FILE *file = tmpfile();
	int saved = dup(STDERR_FILENO);
	struct progress_display display;

	assert_non_null(file);
	fflush(stderr);
	dup2(fileno(file), STDERR_FILENO);
	now_ns = 1000 * NS_PER_SEC;
	progress_display_init(&display, mode, &pretended);
	progress_display_outlook(&display, &outlook);
	for (unsigned int i = 0; i < 600; i++) {
		const struct progress progress = {
			.phase = "measuring",
			.case_name = "a\033\n",
			.done = i,
			.total = 600,
			.elapsed_ns = i * NS_PER_SEC,
		};

		progress_display_update(&display, &progress);
		now_ns += NS_PER_SEC;
	}
	progress_display_clear(&display);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(file);
	assert_int_equal(strbuf_read_fd(out, fileno(file), 1 << 20), 0);
}

static size_t count_lines(const struct strbuf *out)
{
	size_t lines = 0;

	for (size_t i = 0; i < out->len; i++)
		lines += out->buf[i] == '\n';
	return lines;
}

static void a_log_gets_a_line_every_half_minute(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	run_ten_minutes(PROGRESS_AUTO, 600 * NS_PER_SEC, &out);
	assert_int_equal(
		strncmp(out.buf, "madvisor: 10 rounds of 26 runs, 2 cases: about 10m00s\n", 54), 0);
	/* After 30 s, 60 s, … 570 s. */
	assert_int_equal(count_lines(&out), 1 + 19);
	assert_non_null(strstr(out.buf, "\n  5%  measuring  a\\x1b\\x0a  30s, about 9m30s left\n"));
	assert_null(strchr(out.buf, '\r'));
}

static void what_is_short_is_not_announced(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT, wanted = STRBUF_INIT;

	run_ten_minutes(PROGRESS_AUTO, 29 * NS_PER_SEC, &out);
	assert_int_equal(count_lines(&out), 19);
	run_ten_minutes(PROGRESS_ALWAYS, 1, &wanted);
	assert_int_equal(strncmp(wanted.buf, "madvisor: 10 rounds of", 22), 0);
	/* From the first run on, every 10 s. */
	assert_int_equal(count_lines(&wanted), 1 + 60);
}

static void never_is_never(void **state)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	run_ten_minutes(PROGRESS_NEVER, 600 * NS_PER_SEC, &out);
	assert_int_equal(out.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_log_gets_a_line_every_half_minute),
		cmocka_unit_test(what_is_short_is_not_announced),
		cmocka_unit_test(never_is_never),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
