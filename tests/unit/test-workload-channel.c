/* SPDX-License-Identifier: MIT */
/* The channel: order, bound, conservation, and no sender or receiver asleep for ever. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/array.h"
#include "runtime/channel.h"

#define SENDERS_MAX 8

static struct channel channel;
static struct source source;

static void test_one_thread(void **state)
{
	uint64_t value;

	(void)state;
	channel_init(&channel, 100, &source);
	assert_false(channel_try_receive(&channel, &source, &value));
	/* Past several blocks and back, so that blocks are recycled. */
	for (uint64_t round = 0; round < 50; round++) {
		uint64_t count = 1 + round * 2;
		for (uint64_t i = 0; i < count; i++)
			channel_send(&channel, round * 1000 + i, &source);
		for (uint64_t i = 0; i < count; i++)
			assert_int_equal(channel_receive(&channel, &source), round * 1000 + i);
		assert_false(channel_try_receive(&channel, &source, &value));
	}
	channel_release(&channel, &source);
}

static void test_release_full(void **state)
{
	(void)state;
	channel_init(&channel, 1000, &source);
	for (uint64_t i = 0; i < 1000; i++)
		channel_send(&channel, i, &source);
	for (uint64_t i = 0; i < 300; i++)
		assert_int_equal(channel_receive(&channel, &source), i);
	channel_release(&channel, &source); /* a leak checker sees blocks that were missed */
}

struct channel_run {
	uint32_t capacity;
	unsigned int senders;
	uint64_t messages;       /* a sender */
	unsigned int slow_every; /* the receiver naps at every so many; 0: never */
	_Atomic uint64_t started;
};

struct channel_sender {
	struct channel_run *run;
	uint64_t name;
	pthread_t thread;
};

static void *sender_main(void *argument)
{
	struct channel_sender *sender = argument;
	struct source mine = { NULL };

	for (uint64_t i = 0; i < sender->run->messages; i++) {
		atomic_fetch_add(&sender->run->started, 1);
		channel_send(&channel, sender->name << 32 | i, &mine);
	}
	return NULL;
}

static void nap(void)
{
	const struct timespec time = { .tv_nsec = 200000 };

	nanosleep(&time, NULL);
}

static void drain(struct channel_run *run)
{
	uint64_t next[SENDERS_MAX] = { 0 };

	for (uint64_t i = 0; i < run->messages * run->senders; i++) {
		/*
		 * Each sender may have begun one message beyond the bound; the receiver owes no more
		 * than `capacity` permits.
		 */
		uint64_t begun = atomic_load(&run->started);
		assert_true(begun <= i + run->capacity + run->senders);
		uint64_t value = channel_receive(&channel, &source);
		assert_true(value >> 32 < run->senders);
		assert_int_equal(value & UINT32_MAX, next[value >> 32]);
		next[value >> 32]++;
		if (run->slow_every && i % run->slow_every == 0)
			nap();
	}
}

static void pass(uint32_t capacity, unsigned int senders, uint64_t messages,
		 unsigned int slow_every)
{
	struct channel_run run = { capacity, senders, messages, slow_every, 0 };
	struct channel_sender threads[SENDERS_MAX];
	uint64_t value;

	channel_init(&channel, capacity, &source);
	for (unsigned int i = 0; i < senders; i++) {
		threads[i] = (struct channel_sender){ .run = &run, .name = i };
		assert_int_equal(pthread_create(&threads[i].thread, NULL, sender_main, &threads[i]),
				 0);
	}
	drain(&run);
	for (unsigned int i = 0; i < senders; i++)
		pthread_join(threads[i].thread, NULL);
	assert_false(channel_try_receive(&channel, &source, &value));
	channel_release(&channel, &source);
}

/* Every capacity at which batches of permits, blocks or wake-ups change their ways. */
static void test_capacities(void **state)
{
	static const uint32_t capacities[] = { 1, 2, 3, 7, 8, 31, 32, 33, 100, 1024 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(capacities); i++) {
		pass(capacities[i], 1, 4000, 0);
		pass(capacities[i], 3, 3000, 0);
		pass(capacities[i], SENDERS_MAX, 1000, 0);
	}
}

/* Senders sleep on a full channel; the receiver sleeps on an empty one. */
static void test_sleepers(void **state)
{
	(void)state;
	pass(4, 5, 400, 7);
	pass(100, 5, 2000, 150);
	for (int i = 0; i < 300; i++)
		pass(16, 2, 20, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_thread),
		cmocka_unit_test(test_release_full),
		cmocka_unit_test(test_capacities),
		cmocka_unit_test(test_sleepers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
