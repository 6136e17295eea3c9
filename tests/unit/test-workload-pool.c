/* SPDX-License-Identifier: MIT */
/* The pool that stands for the limit: sizes, and that no buffer is ever out twice. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/random.h"
#include "pool.h"

static void test_classes(void **state)
{
	size_t before = 0;

	(void)state;
	for (size_t bytes = 1; bytes < (size_t)1 << 31; bytes += 1 + bytes / 61) {
		unsigned int class = pool_class(bytes);
		assert_true(class < POOL_CLASSES);
		assert_true(pool_class_bytes(class) >= bytes);
		assert_true(pool_class_bytes(class) >= before);
		/* The next smaller class would not do: at most a quarter is lost. */
		assert_true(!class || pool_class_bytes(class - 1) < bytes);
		before = pool_class_bytes(class);
	}
	assert_int_equal(pool_class(16384), pool_class(16383));
	assert_int_equal(pool_class_bytes(pool_class(16384)), 16384);
}

/* What one thread frees comes back to it, last first. */
static void test_recycles(void **state)
{
	struct pool_cache *cache = pool_cache_new();
	char *first = pool_alloc(cache, 100), *second = pool_alloc(cache, 100);

	(void)state;
	assert_ptr_not_equal(first, second);
	assert_int_equal((uintptr_t)first % 64, 0);
	pool_free(cache, first, 100);
	assert_ptr_equal(pool_alloc(cache, 101), first);
	pool_cache_free(cache);
	pool_cache_free(NULL);
}

/* Threads pass buffers through shared places; each buffer's owner marks it, and the mark must hold. */
#define PLACES 64
#define ROUNDS 40000

static _Atomic(uint64_t *) places[PLACES];
static _Atomic unsigned int clashes;

static const size_t sizes[] = { 16, 48, 288, 5000, 70000 };

static void *passer_main(void *argument)
{
	struct pool_cache *cache = pool_cache_new();
	struct random random;

	random_init(&random, (uintptr_t)argument);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		uint64_t place = random_below(&random, PLACES);
		size_t size = sizes[place % ARRAY_SIZE(sizes)];
		uint64_t *mine = pool_alloc(cache, size), mark = random_u64(&random);
		mine[0] = mine[size / 8 - 1] = mark;
		uint64_t *old = atomic_exchange(&places[place], mine);
		if (old) {
			if (old[0] != old[size / 8 - 1])
				atomic_fetch_add(&clashes, 1);
			old[0] = 1;
			old[size / 8 - 1] = 2; /* a clash, if anybody else holds it */
			pool_free(cache, old, size);
		}
	}
	pool_cache_free(cache);
	return NULL;
}

static void test_threads(void **state)
{
	pthread_t threads[4];

	(void)state;
	for (uintptr_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, passer_main, (void *)(i + 1)),
				 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < PLACES; i++) {
		size_t words = sizes[i % ARRAY_SIZE(sizes)] / 8;
		uint64_t *buffer = atomic_load(&places[i]);
		assert_true(!buffer || buffer[0] == buffer[words - 1]);
		for (size_t j = 0; j < i; j++)
			assert_true(!buffer || buffer != atomic_load(&places[j]));
	}
	assert_int_equal(atomic_load(&clashes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_classes),
		cmocka_unit_test(test_recycles),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
