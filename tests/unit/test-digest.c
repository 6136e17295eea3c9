/* SPDX-License-Identifier: MIT */
#include "base/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/random.h"

enum { LENGTH = 300 };

static unsigned char text[LENGTH];

static uint64_t digest_of(const void *bytes, size_t len)
{
	struct digest digest;

	digest_init(&digest);
	digest_add(&digest, bytes, len);
	return digest_value(&digest);
}

static int fill_text(void **state)
{
	struct random random;

	random_init(&random, 1);
	for (size_t i = 0; i < LENGTH; i++)
		text[i] = (unsigned char)random_u64(&random);
	return 0;
}

static void pieces_do_not_matter(void **state)
{
	uint64_t whole = digest_of(text, LENGTH);

	for (size_t step = 1; step < LENGTH; step++) {
		struct digest digest;

		digest_init(&digest);
		for (size_t at = 0; at < LENGTH; at += step)
			digest_add(&digest, text + at, step < LENGTH - at ? step : LENGTH - at);
		digest_add(&digest, NULL, 0);
		assert_int_equal(digest.bytes, LENGTH);
		assert_true(digest_value(&digest) == whole);
		assert_true(digest_value(&digest) == whole);
	}
}

static void every_bit_matters(void **state)
{
	uint64_t whole = digest_of(text, LENGTH);

	for (size_t bit = 0; bit < 8 * (size_t)LENGTH; bit++) {
		text[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_true(digest_of(text, LENGTH) != whole);
		text[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

static void length_and_order_matter(void **state)
{
	static const unsigned char zeros[LENGTH];
	uint64_t seen[LENGTH];

	for (size_t len = 0; len < LENGTH; len++) {
		seen[len] = digest_of(zeros, len);
		for (size_t i = 0; i < len; i++)
			assert_true(seen[i] != seen[len]);
	}
	for (size_t at = 8; at < 2 * (size_t)DIGEST_BLOCK_BYTES; at += 8) {
		unsigned char swapped[LENGTH];

		memcpy(swapped, text, LENGTH);
		memcpy(swapped, text + at, 8);
		memcpy(swapped + at, text, 8);
		assert_true(digest_of(swapped, LENGTH) != digest_of(text, LENGTH));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pieces_do_not_matter),
		cmocka_unit_test(every_bit_matters),
		cmocka_unit_test(length_and_order_matter),
	};

	return cmocka_run_group_tests(tests, fill_text, NULL);
}
