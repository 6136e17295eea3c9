/* SPDX-License-Identifier: MIT */
#include "case-keys.h"

#define FAMILY(name) (1u << FAMILY_##name)
#define FIELD(name) offsetof(struct workload_case, name)
/* Far above anything useful; keeps sums and products in range. */
#define SIZE_MAX_BYTES (UINT64_C(1) << 30)

static const char *const init_words[] = { "fill", "calloc", "touch", "none" };
static const char *const read_words[] = { "no", "yes" };

const struct key case_keys[CASE_KEYS] = {
	{ "size", FAMILY(CHURN) | FAMILY(MPSC) | FAMILY(CLASSIC), KEY_SIZES, FIELD(size_min), 1,
	  SIZE_MAX_BYTES, NULL },
	{ "senders", FAMILY(MPSC), KEY_COUNT, FIELD(senders), 1, CASE_SENDERS_MAX, NULL },
	{ "threads", FAMILY(SPAWN) | FAMILY(CHURN) | FAMILY(CLASSIC), KEY_COUNT, FIELD(threads), 1,
	  CASE_THREADS_MAX, NULL },
	{ "capacity", FAMILY(MPSC), KEY_COUNT, FIELD(capacity), 1, 1u << 20, NULL },
	{ "live", FAMILY(CHURN) | FAMILY(CLASSIC), KEY_COUNT, FIELD(live), 1, 1u << 20, NULL },
	{ "init", FAMILY(MPSC) | FAMILY(CHURN), KEY_WORD, FIELD(init), 0, 3, init_words },
	{ "read", FAMILY(MPSC) | FAMILY(CHURN), KEY_WORD, FIELD(read), 0, 1, read_words },
	{ "messages", FAMILY(MPSC), KEY_COUNT, FIELD(messages), 1, 1u << 30, NULL },
	{ "operations", FAMILY(SPAWN) | FAMILY(CHURN) | FAMILY(CLASSIC), KEY_COUNT,
	  FIELD(operations), 1, 1u << 24, NULL },
	{ "task-size", FAMILY(SPAWN), KEY_SIZE, FIELD(task_size), 64, 1u << 20, NULL },
};

const char *const case_families[CASE_FAMILIES] = { "spawn", "mpsc", "churn", "classic" };

const struct shape case_shapes[CASE_SHAPES] = {
	{ "local", FAMILY_SPAWN, SHAPE_LOCAL },
	{ "remote", FAMILY_SPAWN, SHAPE_REMOTE },
	{ "chain", FAMILY_SPAWN, SHAPE_CHAIN },
	{ "single", FAMILY_CHURN, SHAPE_SINGLE },
	{ "multi", FAMILY_CHURN, SHAPE_MULTI },
	{ "larson", FAMILY_CLASSIC, SHAPE_LARSON },
	{ "xmalloc-test", FAMILY_CLASSIC, SHAPE_XMALLOC_TEST },
	{ "cache-scratch", FAMILY_CLASSIC, SHAPE_CACHE_SCRATCH },
	{ "cache-thrash", FAMILY_CLASSIC, SHAPE_CACHE_THRASH },
	{ "sh6bench", FAMILY_CLASSIC, SHAPE_SH6BENCH },
	{ "sh8bench", FAMILY_CLASSIC, SHAPE_SH8BENCH },
	{ "mstress", FAMILY_CLASSIC, SHAPE_MSTRESS },
	{ "glibc-simple", FAMILY_CLASSIC, SHAPE_GLIBC_SIMPLE },
	{ "glibc-thread", FAMILY_CLASSIC, SHAPE_GLIBC_THREAD },
	{ "alloc-test", FAMILY_CLASSIC, SHAPE_ALLOC_TEST },
};

/* As their authors run them, or the field does. */
static const struct classic_default {
	uint64_t size_min, size_max, live, threads, operations;
} classic_defaults[] = {
	{ 8, 1000, 5000, 0, 10000 },   /* larson */
	{ 8, 2048, 4096, 0, 16384 },   /* xmalloc-test */
	{ 8, 8, 1, 0, 1000 },          /* cache-scratch */
	{ 8, 8, 1, 0, 1000 },          /* cache-thrash */
	{ 8, 1000, 5000, 0, 10000 },   /* sh6bench */
	{ 8, 1000, 5000, 0, 10000 },   /* sh8bench */
	{ 16, 32768, 1000, 0, 10000 }, /* mstress */
	{ 16, 16, 400, 1, 10000 },     /* glibc-simple */
	{ 8, 32768, 1024, 0, 10000 },  /* glibc-thread */
	{ 8, 1024, 32768, 0, 10000 },  /* alloc-test */
};

static const struct classic_default *classic_default(const struct workload_case *c)
{
	return &classic_defaults[c->shape - SHAPE_LARSON];
}

static uint64_t classic_key_default(const struct workload_case *c, const struct key *key)
{
	switch (key->field) {
	case FIELD(size_min):
		return classic_default(c)->size_min;
	case FIELD(live):
		return classic_default(c)->live;
	case FIELD(threads):
		return classic_default(c)->threads;
	default:
		return classic_default(c)->operations;
	}
}

uint64_t size_max_default(const struct workload_case *c)
{
	return c->family == FAMILY_CLASSIC ? classic_default(c)->size_max
					   : key_default(c, &case_keys[0]);
}

uint64_t key_default(const struct workload_case *c, const struct key *key)
{
	if (c->family == FAMILY_CLASSIC)
		return classic_key_default(c, key);
	switch (key->field) {
	case FIELD(size_min):
		return c->family == FAMILY_CHURN ? 16384 : 8;
	case FIELD(senders):
		return 1;
	case FIELD(threads):
		return c->shape == SHAPE_SINGLE ? 1 : 0;
	case FIELD(capacity):
		return 1024;
	case FIELD(live):
		return 1;
	case FIELD(messages):
		return c->senders == 1 ? 5000 : 1000;
	case FIELD(operations):
		return c->family == FAMILY_SPAWN ? 10000 : 1000;
	case FIELD(task_size):
		return 128;
	default: /* init=fill, read=no */
		return 0;
	}
}
