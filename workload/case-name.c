/* SPDX-License-Identifier: MIT */
/* The canonical name of a case, the inverse of parsing; and its parameters one by one. */
#include <inttypes.h>

#include "base/units.h"
#include "case-keys.h"

static void name_sizes(const struct workload_case *c, struct strbuf *sb)
{
	format_size_exact(sb, c->size_min);
	if (c->size_max != c->size_min) {
		strbuf_addch(sb, '-');
		format_size_exact(sb, c->size_max);
	}
}

static void name_pair(const struct workload_case *c, const struct key *key, struct strbuf *sb)
{
	strbuf_addf(sb, "/%s=", key->name);
	switch (key->kind) {
	case KEY_SIZES:
		name_sizes(c, sb);
		break;
	case KEY_SIZE:
		format_size_exact(sb, key_value(c, key));
		break;
	case KEY_WORD:
		strbuf_addstr(sb, key->words[key_value(c, key)]);
		break;
	default:
		strbuf_addf(sb, "%" PRIu64, key_value(c, key));
	}
}

static bool key_shown(const struct workload_case *c, const struct key *key)
{
	if (!key_applies(key, c->family))
		return false;
	if (key->kind == KEY_SIZES)
		return c->family != FAMILY_MPSC &&
		       (c->size_max != size_max_default(c) || c->size_min != key_default(c, key));
	return key->field == offsetof(struct workload_case, senders) ||
	       key_value(c, key) != key_default(c, key);
}

void case_name(const struct workload_case *c, struct strbuf *sb)
{
	strbuf_addf(sb, "%s/", case_families[c->family]);
	if (c->family == FAMILY_MPSC)
		name_sizes(c, sb);
	for (size_t i = 0; i < CASE_SHAPES; i++)
		if (case_shapes[i].shape == c->shape)
			strbuf_addstr(sb, case_shapes[i].name);
	for (size_t i = 0; i < CASE_KEYS; i++)
		if (key_shown(c, &case_keys[i]))
			name_pair(c, &case_keys[i], sb);
}

static void add_parameter(const struct workload_case *c, const struct key *key, struct strbuf *sb)
{
	uint64_t value = key_value(c, key);

	strbuf_addf(sb, "%s\t", key->name);
	if (key->kind == KEY_WORD)
		strbuf_addf(sb, "%s\t\n", key->words[value]);
	else if (key->kind == KEY_SIZES && c->size_max != c->size_min)
		strbuf_addf(sb, "%" PRIu64 "-%" PRIu64 "\tbytes\n", c->size_min, c->size_max);
	else if (key->kind == KEY_SIZES || key->kind == KEY_SIZE)
		strbuf_addf(sb, "%" PRIu64 "\tbytes\n", value);
	else if (key->field == offsetof(struct workload_case, threads) && !value)
		strbuf_addstr(sb, "one per CPU\t\n");
	else
		strbuf_addf(sb, "%" PRIu64 "\t\n", value);
}

void case_parameters(const struct workload_case *c, struct strbuf *sb)
{
	strbuf_addf(sb, "workload\t%s\t\n", case_families[c->family]);
	for (size_t i = 0; i < CASE_SHAPES; i++)
		if (case_shapes[i].shape == c->shape)
			strbuf_addf(sb, "shape\t%s\t\n", case_shapes[i].name);
	for (size_t i = 0; i < CASE_KEYS; i++)
		if (key_applies(&case_keys[i], c->family))
			add_parameter(c, &case_keys[i], sb);
}
