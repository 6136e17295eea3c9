/* SPDX-License-Identifier: MIT */
/* Which children are killed when a run is over, and which are madvisor's own. */
#include "launch/offspring.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/confined.h"
#include "base/strbuf.h"

/* A confined child that says when it is there and waits for a word. */
struct conversation {
	int there[2], go[2];
	int r;
};

static int wait_for_word(void *argument, struct strbuf *answer, struct error *err)
{
	struct conversation *conversation = argument;
	char word;

	if (write(conversation->there[1], "", 1) != 1 || read(conversation->go[0], &word, 1) != 1)
		return -1;
	return 7;
}

static void *call(void *argument)
{
	struct conversation *conversation = argument;
	const int keep[] = { conversation->there[1], conversation->go[0] };
	const struct confined confined = { .keep = keep, .keep_count = 2 };
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;

	conversation->r = confined_call(&confined, wait_for_word, conversation, &answer, NULL);
	return NULL;
}

static void a_confined_child_is_no_offspring(void **state)
{
	struct conversation conversation = { .r = 0 };
	pthread_t thread;
	char word;

	assert_int_equal(pipe(conversation.there), 0);
	assert_int_equal(pipe(conversation.go), 0);
	assert_int_equal(pthread_create(&thread, NULL, call, &conversation), 0);
	assert_int_equal(read(conversation.there[0], &word, 1), 1);

	_cleanup_free_ struct relative *list = NULL;
	assert_int_equal(offspring_list(getpid(), 0, &list), 2);
	size_t kept = offspring_keep_all();
	offspring_keep_only(kept);
	assert_int_equal(kept, 0);
	assert_int_equal(offspring_kill_all(0), 0);
	assert_int_equal(write(conversation.go[1], "", 1), 1);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(conversation.r, 7);
}

static void others_are_killed_and_reaped(void **state)
{
	pid_t living = fork();

	if (living == 0) {
		pause();
		_exit(0);
	}
	pid_t ended = fork();
	if (ended == 0)
		_exit(0);
	assert_true(living > 0 && ended > 0);
	size_t killed = offspring_kill_all(0);
	assert_true(killed == 1 || killed == 2);
	assert_int_equal(offspring_kill_all(0), 0);
	for (int i = 0; i < 2; i++) {
		struct relative relative;

		assert_true(relative_read(i ? ended : living, &relative) < 0);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_confined_child_is_no_offspring),
		cmocka_unit_test(others_are_killed_and_reaped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
