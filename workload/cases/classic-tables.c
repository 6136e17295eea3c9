/* SPDX-License-Identifier: MIT */
/* classic: the patterns that replace blocks in a table of their thread: larson, sh6bench, sh8bench, mstress, glibc's two, alloc-test. */
#include <math.h>

#include "cases/classic.h"

/* The smaller the likelier: half of all lie in the lower quarter. */
static double skewed(double min, double max, double share)
{
	return min + (max - min) * share * share;
}

/* A density of 1 / size^2. */
static double inverse_square(double min, double max, double share)
{
	return min / (1 - share * (1 - min / max));
}

/* Powers of two, each half as likely as the one before. */
static double powers(double min, double max, double share)
{
	return fmin(min * exp2(floor(-log2(1 - share))), max);
}

/* Any size, each doubling half as likely as the one before. */
static double any_doubling(double min, double max, double share)
{
	double factor = exp2(floor(-log2(1 - share)));

	return fmin(min * factor * (3 - 2 * factor * (1 - share)), max);
}

static void replace(struct classic *classic, struct classic_worker *worker, void **place)
{
	if (*place)
		classic_drop(worker, *place);
	*place = classic_make(classic, worker);
}

/*
 * A server whose threads end and hand their blocks to their successors: here a thread changes tables with another one
 * after it has replaced each block ten times, on average.
 */
static void larson(struct classic *classic, struct classic_worker *worker)
{
	uint64_t live = classic->c->live;

	for (uint64_t i = 0; i < classic->quota; i++) {
		struct classic_table *table = worker->table;
		replace(classic, worker, &table->blocks[classic_roll(worker, live)]);
		if (++table->turn % (10 * live) == 0)
			classic_swap_tables(classic, worker);
	}
}

/* Frees half of a full table: by turns the newest, newest first, and the oldest, oldest first. */
static void free_half(struct classic *classic, struct classic_worker *worker)
{
	struct classic_table *table = worker->table;
	uint64_t half = (table->held + 1) / 2, rest = table->held - half;

	if (table->turn++ % 2 == 0) {
		for (uint64_t i = table->held; i > rest; i--)
			classic_drop(worker, table->blocks[i - 1]);
	} else {
		for (uint64_t i = 0; i < half; i++)
			classic_drop(worker, table->blocks[i]);
		memmove(table->blocks, table->blocks + half, rest * sizeof(*table->blocks));
	}
	memset(table->blocks + rest, 0, half * sizeof(*table->blocks));
	table->held = rest;
	if (classic->c->shape == SHAPE_SH8BENCH && table->turn % 4 == 0)
		classic_swap_tables(classic, worker);
}

static void sh_bench(struct classic *classic, struct classic_worker *worker)
{
	for (uint64_t i = 0; i < classic->quota; i++) {
		while (worker->table->held == classic->c->live)
			free_half(classic, worker);
		struct classic_table *table = worker->table;
		table->blocks[table->held++] = classic_make(classic, worker);
	}
}

/*
 * Long and short lives, blocks that wander, threads that differ: three quarters of the replacements fall on the first
 * eighth of the table, a quarter on all of it; one in four blocks changes places with what another thread left; and the
 * second and third of each three threads keep a half and a quarter of what the first keeps.
 */
static void mstress(struct classic *classic, struct classic_worker *worker)
{
	uint64_t keeps = (classic->c->live >> worker->index % 3) + 1, live = classic->c->live;

	keeps = keeps > live ? live : keeps;
	for (uint64_t i = 0; i < classic->quota; i++) {
		uint64_t lot = classic_roll(worker, 4);
		void **place =
			&worker->table->blocks[classic_roll(worker, lot ? keeps / 8 + 1 : keeps)];
		replace(classic, worker, place);
		if (classic_roll(worker, 4) == 0)
			*place = atomic_exchange_explicit(
				&classic->transfer[classic_roll(worker, CLASSIC_TRANSFER)], *place,
				memory_order_acq_rel);
	}
}

static void glibc_simple(struct classic *classic, struct classic_worker *worker)
{
	struct classic_table *table = worker->table;

	for (uint64_t i = 0; i < classic->quota; i++) {
		if (table->held == classic->c->live) {
			for (uint64_t j = 0; j < table->held; j++)
				classic_drop(worker, table->blocks[j]);
			memset(table->blocks, 0, table->held * sizeof(*table->blocks));
			table->held = 0;
		}
		table->blocks[table->held++] = classic_make(classic, worker);
	}
}

static void glibc_thread(struct classic *classic, struct classic_worker *worker)
{
	for (uint64_t i = 0; i < classic->quota; i++)
		replace(classic, worker,
			&worker->table->blocks[classic_roll(worker, classic->c->live)]);
}

/* Four in five times a place in the first fifth of the table, and within either part again so. */
static void **skewed_place(const struct classic *classic, struct classic_worker *worker)
{
	uint64_t first = 0, count = classic->c->live;

	for (int level = 0; level < 6 && count >= 5; level++) {
		uint64_t fifth = count / 5;
		bool hot = classic_roll(worker, 5) > 0;

		first += hot ? 0 : fifth;
		count = hot ? fifth : count - fifth;
	}
	return &worker->table->blocks[first + classic_roll(worker, count)];
}

static uint32_t size_of(const void *block)
{
	uint64_t head;

	memcpy(&head, block, sizeof(head));
	return head == classic_head((uint32_t)head) ? (uint32_t)head : 0;
}

/* Every byte behind the head, as classic_make() writes the last one. */
static void write_all(void *block)
{
	uint32_t size = size_of(block);

	memset((char *)block + sizeof(uint64_t), (unsigned char)size, size - sizeof(uint64_t));
}

static bool read_all(const void *block)
{
	const unsigned char *bytes = block;
	uint32_t size = size_of(block);
	unsigned char different = 0;

	for (uint32_t i = sizeof(uint64_t); i < size; i++)
		different |= bytes[i] ^ (unsigned char)size;
	return size && !different;
}

/* Frees the block at a random place after reading it, or, where there is none, allocates one and writes it. */
static void alloc_test(struct classic *classic, struct classic_worker *worker)
{
	for (uint64_t made = 0; made < classic->quota;) {
		void **place = skewed_place(classic, worker);

		if (*place) {
			if (read_all(*place))
				classic_drop(worker, *place);
			else
				worker->wrong++;
			*place = NULL;
		} else {
			*place = classic_make(classic, worker);
			write_all(*place);
			made++;
		}
	}
}

const struct classic_pattern classic_larson = { SHAPE_LARSON, classic_uniform, larson, NULL };
const struct classic_pattern classic_sh6bench = { SHAPE_SH6BENCH, skewed, sh_bench, NULL };
const struct classic_pattern classic_sh8bench = { SHAPE_SH8BENCH, skewed, sh_bench, NULL };
const struct classic_pattern classic_mstress = { SHAPE_MSTRESS, powers, mstress, NULL };
const struct classic_pattern classic_glibc_simple = { SHAPE_GLIBC_SIMPLE, classic_uniform,
						      glibc_simple, NULL };
const struct classic_pattern classic_glibc_thread = { SHAPE_GLIBC_THREAD, inverse_square,
						      glibc_thread, NULL };
const struct classic_pattern classic_alloc_test = { SHAPE_ALLOC_TEST, any_doubling, alloc_test,
						    NULL };
