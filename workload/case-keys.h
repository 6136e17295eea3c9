/* SPDX-License-Identifier: MIT */
/*
 * workload/case-keys: the tables behind case names: families, shapes, keys. For case.c and
 * case-name.c alone.
 */
#ifndef MADVISOR_WORKLOAD_CASE_KEYS_H
#define MADVISOR_WORKLOAD_CASE_KEYS_H

#include <stddef.h>

#include "case.h"

#define CASE_FAMILIES 4
#define CASE_SHAPES 15
#define CASE_KEYS 10

enum key_kind { KEY_COUNT, KEY_SIZE, KEY_SIZES, KEY_WORD };

struct key {
	const char *name;
	unsigned int families; /* bit i: a key of enum case_family i */
	enum key_kind kind;
	size_t field; /* offset in struct workload_case */
	uint64_t min, max;
	const char *const *words; /* KEY_WORD: the value is an index; max is the last */
};

struct shape {
	const char *name;
	enum case_family family;
	enum case_shape shape;
};

extern const char *const case_families[CASE_FAMILIES]; /* by enum case_family */
extern const struct shape case_shapes[CASE_SHAPES];
extern const struct key case_keys[CASE_KEYS]; /* in canonical order */

/* The default of a key, which may depend on keys before it. */
uint64_t key_default(const struct workload_case *c, const struct key *key);
/* The upper end of sizes where none is given. */
uint64_t size_max_default(const struct workload_case *c);

static inline bool key_applies(const struct key *key, enum case_family family)
{
	return key->families & (1u << family);
}

static inline uint64_t *key_field(struct workload_case *c, const struct key *key)
{
	return (uint64_t *)((char *)c + key->field);
}

static inline uint64_t key_value(const struct workload_case *c, const struct key *key)
{
	return *(const uint64_t *)((const char *)c + key->field);
}

#endif
