/* SPDX-License-Identifier: MIT */
#include "base/units.h"

#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void sizes_are_binary(void **state)
{
	uint64_t bytes = 0;

	assert_int_equal(parse_size("0", &bytes), 0);
	assert_int_equal(bytes, 0);
	assert_int_equal(parse_size("32K", &bytes), 0);
	assert_int_equal(bytes, 32768);
	assert_int_equal(parse_size("2GiB", &bytes), 0);
	assert_int_equal(bytes, UINT64_C(2) << 30);
	assert_int_equal(parse_size("15b", &bytes), 0);
	assert_int_equal(bytes, 15);
}

static void sizes_refuse_what_is_none(void **state)
{
	static const char *const texts[] = { "",    "K",  "-1",   "+1",   " 1",
					     "1 K", "1Q", "1.5K", "0x10", "1KK" };
	uint64_t bytes;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(parse_size(texts[i], &bytes), -EINVAL);
	assert_int_equal(parse_size("18446744073709551616", &bytes), -ERANGE);
	assert_int_equal(parse_size("16777216T", &bytes), -ERANGE);
}

static void durations_default_to_seconds(void **state)
{
	uint64_t ns;

	assert_int_equal(parse_duration_ns("90", &ns), 0);
	assert_int_equal(ns, 90 * NS_PER_SEC);
	assert_int_equal(parse_duration_ns("1.5m", &ns), 0);
	assert_int_equal(ns, 90 * NS_PER_SEC);
	assert_int_equal(parse_duration_ns("250ms", &ns), 0);
	assert_int_equal(ns, 250 * NS_PER_MS);
	assert_int_equal(parse_duration_ns("5 m", &ns), -EINVAL);
	assert_int_equal(parse_duration_ns("", &ns), -EINVAL);
	assert_int_equal(parse_duration_ns("1..2", &ns), -EINVAL);
	assert_int_equal(parse_duration_ns("999999999999h", &ns), -ERANGE);
}

static void numbers_are_finite_and_whole_texts(void **state)
{
	static const char *const texts[] = { "", "nan", "inf", "1x", "0x1", " 1", "-", "." };
	double value;

	assert_int_equal(parse_double("-2.5e3", &value), 0);
	assert_true(value == -2500);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(parse_double(texts[i], &value), -EINVAL);
	assert_int_equal(parse_double("1e999", &value), -ERANGE);
	assert_int_equal(parse_pct("5%", &value), 0);
	assert_true(value == 5);
	assert_int_equal(parse_pct("%", &value), -EINVAL);
}

static void check_format(void (*format)(struct strbuf *, double), double value, const char *wanted)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	format(&sb, value);
	assert_string_equal(sb.buf, wanted);
}

static void formats_keep_three_digits(void **state)
{
	check_format(format_bytes, 0, "0 B");
	check_format(format_bytes, 16384, "16.0 KiB");
	check_format(format_bytes, 1023.9 * 1024, "1.00 MiB");
	check_format(format_ns, 1240000, "1.24 ms");
	check_format(format_ns, 999.6, "1.00 us");
	check_format(format_rate, 1.5e6, "1.50 M/s");
	check_format(format_count, 228455, "228,455");
	check_format(format_count, -1234, "-1,234");
	check_format(format_ratio, 1.624, "1.62x");
	check_format(format_ratio, 123.4, "123x");
}

static void unmeasured_is_a_dash(void **state)
{
	check_format(format_bytes, NAN, "-");
	check_format(format_ns, NAN, "-");
	check_format(format_count, NAN, "-");
	check_format(format_ratio, NAN, "-");
	check_format(format_rate, NAN, "-");
}

static void exact_sizes_read_back(void **state)
{
	static const uint64_t sizes[] = { 0, 8, 1000, 1024, 16384, 1536, UINT64_C(3) << 40 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
		uint64_t back;

		format_size_exact(&sb, sizes[i]);
		assert_int_equal(parse_size(sb.buf, &back), 0);
		assert_int_equal(back, sizes[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_binary),
		cmocka_unit_test(sizes_refuse_what_is_none),
		cmocka_unit_test(durations_default_to_seconds),
		cmocka_unit_test(numbers_are_finite_and_whole_texts),
		cmocka_unit_test(formats_keep_three_digits),
		cmocka_unit_test(unmeasured_is_a_dash),
		cmocka_unit_test(exact_sizes_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
