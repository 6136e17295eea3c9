/* SPDX-License-Identifier: MIT */
/* Sweeps over made-up curves, from the grid to the cliffs, as run/sweep goes about them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/random.h"
#include "stats/cliff.h"

#define POINTS_MAX 400u
#define ROUNDS 3u

struct jump {
	uint64_t last; /* below it */
	double factor;
};

struct world {
	struct cliff_rule rule;
	double noise; /* standard deviation of the logarithm of a round */
	double slope; /* of the logarithm, for each doubling */
	const struct jump *jumps;
	size_t jump_count;
	const uint64_t *hints;
	size_t hint_count;
	struct random random;
	struct cliff_point points[POINTS_MAX];
	double values[POINTS_MAX][3 * ROUNDS];
	size_t count;
	size_t rounds; /* run in all */
	struct cliff cliffs[POINTS_MAX];
	size_t cliff_count;
};

static double truth(const struct world *world, uint64_t x)
{
	double y = world->slope * log2((double)x);

	for (size_t i = 0; i < world->jump_count; i++)
		if (x > world->jumps[i].last)
			y += log(world->jumps[i].factor);
	return y;
}

/* About normal: twelve uniform ones. */
static double noise(struct world *world)
{
	double sum = -6;

	for (int i = 0; i < 12; i++)
		sum += random_unit(&world->random);
	return world->noise * sum;
}

static void insert(struct world *world, uint64_t x)
{
	size_t at = world->count++;

	assert_true(world->count < POINTS_MAX);
	for (; at && world->points[at - 1].x > x; at--) {
		world->points[at] = world->points[at - 1];
		for (size_t i = 0; i < 3 * ROUNDS; i++)
			world->values[at][i] = world->values[at - 1][i];
	}
	world->points[at] = (struct cliff_point){ .x = x };
}

static void run_rounds(struct world *world, uint64_t x)
{
	size_t at = 0;
	double sum = 0, squares = 0;

	while (at < world->count && world->points[at].x != x)
		at++;
	if (at == world->count) {
		insert(world, x);
		for (at = 0; world->points[at].x != x; at++)
			;
	}
	struct cliff_point *point = &world->points[at];
	double *values = world->values[at];
	for (unsigned int i = 0; i < ROUNDS; i++) {
		assert_true(point->rounds < 3 * ROUNDS);
		values[point->rounds++] = truth(world, x) + noise(world);
	}
	for (unsigned int i = 0; i < point->rounds; i++)
		sum += values[i];
	point->y = sum / point->rounds;
	for (unsigned int i = 0; i < point->rounds; i++)
		squares += pow(values[i] - point->y, 2);
	point->error = sqrt(squares / (point->rounds - 1) / point->rounds);
	world->rounds += ROUNDS;
}

static void sweep(struct world *world)
{
	const struct cliff_curve curve = { world->points, 0, log(1.2), world->hints,
					   world->hint_count };
	struct cliff_wish wishes[2 * POINTS_MAX];
	uint64_t grid[33];
	size_t count = cliff_grid(&world->rule.axis, ARRAY_SIZE(grid), grid);

	for (size_t i = 0; i < count; i++)
		run_rounds(world, grid[i]);
	for (;;) {
		struct cliff_curve now = curve;

		now.count = world->count;
		size_t wanted = cliffs_wish(&now, &world->rule, wishes);
		if (!wanted) {
			world->cliff_count = cliffs_find(&now, &world->rule, world->cliffs);
			return;
		}
		for (size_t i = 0; i < wanted; i++) {
			bool again = false;

			for (size_t k = 0; k < i; k++)
				again = again || wishes[k].x == wishes[i].x;
			if (!again)
				run_rounds(world, wishes[i].x);
		}
	}
}

static struct world world_of(double spread, uint64_t seed)
{
	struct world world = {
		.rule = { .axis = { 8, 1 << 20, true },
			  .rounds_settled = 2 * ROUNDS,
			  .rounds_max = 3 * ROUNDS },
		.noise = spread,
	};

	random_init(&world.random, seed);
	return world;
}

/* That the one cliff number i is the jump, found narrowly and settled. */
static void assert_found(const struct world *world, size_t i, const struct jump *jump)
{
	const struct cliff *cliff = &world->cliffs[i];
	uint64_t low = world->points[cliff->low].x, high = world->points[cliff->high].x;

	assert_true(cliff->is_narrow);
	assert_true(cliff->is_settled);
	assert_true(low <= jump->last && jump->last < high);
	assert_true(fabs(cliff->change - log(jump->factor)) < 0.1);
}

static void test_one_step(void **state)
{
	const struct jump jump = { 32768, 2.2 };

	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world world = world_of(0.03, seed);

		world.jumps = &jump;
		world.jump_count = 1;
		sweep(&world);
		assert_int_equal(world.cliff_count, 1);
		assert_found(&world, 0, &jump);
		/* The grid of 18, five halvings of a doubling, and a second look at the ends. */
		assert_true(world.rounds <= (18 + 6 + 4) * ROUNDS);
	}
}

static void test_a_hint_finds_the_very_place(void **state)
{
	const struct jump jump = { 1032, 1.5 };
	const uint64_t hints[] = { 1032, 65512, 131048 };
	struct world world = world_of(0.02, 1);

	(void)state;
	world.jumps = &jump;
	world.jump_count = 1;
	world.hints = hints;
	world.hint_count = ARRAY_SIZE(hints);
	sweep(&world);
	assert_int_equal(world.cliff_count, 1);
	assert_found(&world, 0, &jump);
	assert_int_equal(world.points[world.cliffs[0].low].x, 1032);
	assert_int_equal(world.points[world.cliffs[0].high].x, 1033);
}

static void test_a_wrong_hint_is_not_believed(void **state)
{
	const struct jump jump = { 1300, 1.5 };
	const uint64_t hint = 1032;
	struct world world = world_of(0.02, 1);

	(void)state;
	world.jumps = &jump;
	world.jump_count = 1;
	world.hints = &hint;
	world.hint_count = 1;
	sweep(&world);
	assert_int_equal(world.cliff_count, 1);
	assert_found(&world, 0, &jump);
}

static void test_two_steps(void **state)
{
	const struct jump jumps[] = { { 1032, 1.5 }, { 131048, 0.4 } };
	struct world world = world_of(0.03, 1);

	(void)state;
	world.jumps = jumps;
	world.jump_count = 2;
	sweep(&world);
	assert_int_equal(world.cliff_count, 2);
	assert_found(&world, 0, &jumps[0]);
	assert_found(&world, 1, &jumps[1]);
}

static void test_two_near_steps(void **state)
{
	const struct jump jumps[] = { { 33000, 1.5 }, { 36000, 1.6 } };
	struct world world = world_of(0.03, 1);

	(void)state;
	world.jumps = jumps;
	world.jump_count = 2;
	sweep(&world);
	assert_int_equal(world.cliff_count, 2);
	assert_found(&world, 0, &jumps[0]);
	assert_found(&world, 1, &jumps[1]);
}

static void test_a_slope_has_no_cliff(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world world = world_of(0.02, seed);

		world.slope = log(1.6);
		sweep(&world);
		assert_int_equal(world.cliff_count, 0);
	}
}

static void test_a_step_on_a_slope(void **state)
{
	const struct jump jump = { 20000, 2 };
	struct world world = world_of(0.02, 1);

	(void)state;
	world.slope = log(1.3);
	world.jumps = &jump;
	world.jump_count = 1;
	sweep(&world);
	assert_int_equal(world.cliff_count, 1);
	assert_found(&world, 0, &jump);
}

static void test_noise_has_no_cliff(void **state)
{
	static const double spreads[] = { 0.02, 0.1, 0.3, 1 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(spreads); i++) {
		size_t wrong = 0;

		for (uint64_t seed = 1; seed <= 100; seed++) {
			struct world world = world_of(spreads[i], seed);

			sweep(&world);
			for (size_t k = 0; k < world.cliff_count; k++)
				wrong += world.cliffs[k].is_settled;
		}
		assert_true(wrong <= 5);
	}
}

static void test_what_was_not_measured_is_passed_over(void **state)
{
	const struct cliff_point points[] = {
		{ 8, 0, 0.01, 6 },  { 16, NAN, NAN, 0 }, { 17, 0, 0.01, 6 },
		{ 18, 1, 0.01, 6 }, { 64, 1, NAN, 1 },   { 128, NAN, NAN, 0 },
	};
	const struct cliff_curve curve = { points, ARRAY_SIZE(points), log(1.2), NULL, 0 };
	const struct cliff_rule rule = { { 8, 128, true }, 6, 9 };
	struct cliff cliffs[ARRAY_SIZE(points)];

	(void)state;
	assert_int_equal(cliffs_find(&curve, &rule, cliffs), 1);
	assert_int_equal(cliffs[0].low, 2);
	assert_int_equal(cliffs[0].high, 3);
}

static void test_grids(void **state)
{
	const struct cliff_axis sizes = { 8, 1 << 20, true }, threads = { 1, 8, false };
	uint64_t grid[33], finer[33];
	size_t count, n;

	(void)state;
	assert_int_equal(cliff_grid(&threads, 33, grid), 8);
	assert_int_equal(grid[0], 1);
	assert_int_equal(grid[7], 8);
	assert_int_equal(cliff_grid(&threads, 2, grid), 2);
	assert_int_equal(cliff_grid(&sizes, 33, finer), 18);
	for (size_t most = 2; most < 33; most++) {
		count = cliff_grid(&sizes, most, grid);
		assert_in_range(count, 2, most);
		assert_int_equal(grid[0], 8);
		assert_int_equal(grid[count - 1], 1 << 20);
		for (size_t i = n = 0; i < count; i++)
			for (size_t k = 0; k < 18; k++)
				n += finer[k] == grid[i];
		assert_int_equal(n, count);
	}
}

static void test_middles(void **state)
{
	const struct cliff_axis sizes = { 8, 1 << 20, true }, counts = { 1, 64, false };

	(void)state;
	assert_int_equal(cliff_middle(&sizes, 8192, 16384), 12288);
	assert_int_equal(cliff_middle(&sizes, 8, 10), 9);
	assert_int_equal(cliff_middle(&counts, 1, 2), 1);
	for (uint64_t low = 1; low < 60; low++)
		for (uint64_t high = low + 2; high < 64; high++) {
			uint64_t middle = cliff_middle(&counts, low, high);

			assert_true(middle > low && middle < high);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_step),
		cmocka_unit_test(test_a_hint_finds_the_very_place),
		cmocka_unit_test(test_a_wrong_hint_is_not_believed),
		cmocka_unit_test(test_two_steps),
		cmocka_unit_test(test_two_near_steps),
		cmocka_unit_test(test_a_slope_has_no_cliff),
		cmocka_unit_test(test_a_step_on_a_slope),
		cmocka_unit_test(test_noise_has_no_cliff),
		cmocka_unit_test(test_what_was_not_measured_is_passed_over),
		cmocka_unit_test(test_grids),
		cmocka_unit_test(test_middles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
