/* SPDX-License-Identifier: MIT */
/* Which candidates of a search are confirmed, from scores that are given. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "tune/finalists.h"

#define SETTING(name)                                                         \
	{                                                                     \
		.key = name, .kind = SETTING_INT, .max = 100, .search = "1 2" \
	}

static const struct setting_info items[] = { SETTING("a"), SETTING("b"), SETTING("c") };
static const struct setting_group group = { "imagined", items, ARRAY_SIZE(items) };

/* Candidates in order of their gain; `set` names their settings: a capital letter is the second value. */
static const struct {
	const char *set;
	double log_time;
} candidates[] = { { "ab", -1.0 }, { "a", -0.9 }, { "aB", -0.8 }, { "bc", -0.5 }, { "c", -0.3 } };

enum { BLOCKS = 5 };

static void choose(struct search *search, struct space *space, bool guarded)
{
	*space = (struct space){ .count = 0 };
	space_add(space, "imagined", &group, NULL);
	*search = (struct search){ .space = space, .margin_pct = 5, .guarded = guarded };
	search->items = calloc(ARRAY_SIZE(candidates), sizeof(*search->items));
	search->count = ARRAY_SIZE(candidates);
	for (size_t i = 0; i < search->count; i++) {
		struct attempt *attempt = &search->items[i];

		attempt->choices = calloc(space->count, sizeof(*attempt->choices));
		for (const char *c = candidates[i].set; *c; c++) {
			bool second = *c < 'a';
			const char key[] = { (char)(*c | ' '), 0 };

			attempt->choices[space_find(space, 0, key)] = second ? 2 : 1;
		}
		attempt->log_time = calloc(BLOCKS, sizeof(double));
		attempt->log_memory = calloc(BLOCKS, sizeof(double));
		for (attempt->blocks = 0; attempt->blocks < BLOCKS; attempt->blocks++)
			attempt->log_time[attempt->blocks] = candidates[i].log_time;
	}
	search->winner = 0;
	finalists_choose(search);
}

static bool is_chosen(const struct search *search, const char *set)
{
	for (size_t i = 0; i < search->finalist_count; i++)
		if (!strcmp(candidates[search->finalists[i]].set, set))
			return true;
	return false;
}

static void a_plainer_one_is_chosen_beside_the_winner(void **state)
{
	struct search search;
	struct space space;

	choose(&search, &space, false);
	assert_int_equal(search.finalist_count, 2);
	assert_true(is_chosen(&search, "ab"));
	assert_true(is_chosen(&search, "a"));
	search_release(&search);
	space_release(&space);
}

/* "a" lacks b; only "bc" and "c" lack a, of which the better is chosen. */
static void whichever_setting_harms_a_guard_a_finalist_lacks_it(void **state)
{
	struct search search;
	struct space space;

	choose(&search, &space, true);
	assert_int_equal(search.finalist_count, 3);
	assert_true(is_chosen(&search, "ab"));
	assert_true(is_chosen(&search, "a"));
	assert_true(is_chosen(&search, "bc"));
	search_release(&search);
	space_release(&space);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plainer_one_is_chosen_beside_the_winner),
		cmocka_unit_test(whichever_setting_harms_a_guard_a_finalist_lacks_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
