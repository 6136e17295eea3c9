/* SPDX-License-Identifier: MIT */
#include "case-keys.h"

#define FAMILY(name) (1u << FAMILY_##name)
#define FIELD(name) offsetof(struct workload_case, name)
/* Far above anything useful; keeps sums and products in range. */
#define SIZE_MAX_BYTES (UINT64_C(1) << 30)

static const char *const init_words[] = { "fill", "calloc", "touch", "none" };
static const char *const read_words[] = { "no", "yes" };

const struct key case_keys[CASE_KEYS] = {
	{ "size", FAMILY(CHURN) | FAMILY(MPSC), KEY_SIZES, FIELD(size_min), 1, SIZE_MAX_BYTES,
	  NULL },
	{ "senders", FAMILY(MPSC), KEY_COUNT, FIELD(senders), 1, CASE_SENDERS_MAX, NULL },
	{ "threads", FAMILY(SPAWN) | FAMILY(CHURN), KEY_COUNT, FIELD(threads), 1, CASE_THREADS_MAX,
	  NULL },
	{ "capacity", FAMILY(MPSC), KEY_COUNT, FIELD(capacity), 1, 1u << 20, NULL },
	{ "live", FAMILY(CHURN), KEY_COUNT, FIELD(live), 1, 1u << 20, NULL },
	{ "init", FAMILY(MPSC) | FAMILY(CHURN), KEY_WORD, FIELD(init), 0, 3, init_words },
	{ "read", FAMILY(MPSC) | FAMILY(CHURN), KEY_WORD, FIELD(read), 0, 1, read_words },
	{ "messages", FAMILY(MPSC), KEY_COUNT, FIELD(messages), 1, 1u << 30, NULL },
	{ "operations", FAMILY(SPAWN) | FAMILY(CHURN), KEY_COUNT, FIELD(operations), 1, 1u << 24,
	  NULL },
	{ "task-size", FAMILY(SPAWN), KEY_SIZE, FIELD(task_size), 64, 1u << 20, NULL },
};

const char *const case_families[CASE_FAMILIES] = { "spawn", "mpsc", "churn" };

const struct shape case_shapes[CASE_SHAPES] = {
	{ "local", FAMILY_SPAWN, SHAPE_LOCAL }, { "remote", FAMILY_SPAWN, SHAPE_REMOTE },
	{ "chain", FAMILY_SPAWN, SHAPE_CHAIN }, { "single", FAMILY_CHURN, SHAPE_SINGLE },
	{ "multi", FAMILY_CHURN, SHAPE_MULTI },
};

uint64_t key_default(const struct workload_case *c, const struct key *key)
{
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
