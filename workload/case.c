/* SPDX-License-Identifier: MIT */
#include "case.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/units.h"
#include "case-keys.h"
#include "nearest.h"

/* Far above anything useful; keeps messages short and the machine alive. */
#define NAME_MAX_BYTES 256
#define IN_USE_MAX_BYTES (UINT64_C(16) << 30)

/* "did you mean X?", or all the choices. */
static void hint_words(struct error *err, const char *word, const char *const *words, size_t count)
{
	_cleanup_strbuf_ struct strbuf choices = STRBUF_INIT;
	const char *nearest = nearest_word(word, words, count);

	for (size_t i = 0; i < count; i++)
		strbuf_addf(&choices, "%s%s", i ? ", " : "", words[i]);
	if (nearest)
		error_hint(err, "did you mean %s? Choices: %s", nearest, choices.buf);
	else
		error_hint(err, "choices: %s", choices.buf);
}

static void hint_keys(struct error *err, const char *word, enum case_family family)
{
	const char *words[CASE_KEYS];
	size_t count = 0;

	for (size_t i = 0; i < CASE_KEYS; i++)
		if (key_applies(&case_keys[i], family))
			words[count++] = case_keys[i].name;
	hint_words(err, word, words, count);
}

static void format_range(struct strbuf *sb, const struct key *key)
{
	bool sizes = key->kind != KEY_COUNT;

	if (sizes)
		format_size_exact(sb, key->min);
	else
		strbuf_addf(sb, "%" PRIu64, key->min);
	strbuf_addstr(sb, " to ");
	if (sizes)
		format_size_exact(sb, key->max);
	else
		strbuf_addf(sb, "%" PRIu64, key->max);
}

static int refuse_number(const struct key *key, const char *text, int code, struct error *err)
{
	_cleanup_strbuf_ struct strbuf range = STRBUF_INIT;

	format_range(&range, key);
	if (code == EINVAL)
		error_set(err, ERROR_USAGE, code, "%s: '%s' is not a %s", key->name, text,
			  key->kind == KEY_COUNT ? "whole number" : "size");
	else
		error_set(err, ERROR_USAGE, code, "%s: %s is out of range", key->name, text);
	error_hint(err, "%s takes %s%s", key->name, range.buf,
		   key->kind == KEY_COUNT ? "" : ", as in 4096, 16K or 1M");
	return -code;
}

static int parse_number(const struct key *key, const char *text, uint64_t *ret, struct error *err)
{
	int r = key->kind == KEY_COUNT ? parse_u64(text, ret) : parse_size(text, ret);

	if (r == 0 && (*ret < key->min || *ret > key->max))
		r = -ERANGE;
	return r < 0 ? refuse_number(key, text, -r, err) : 0;
}

/* "16K" or "16K-64K". */
static int parse_sizes(struct workload_case *c, const struct key *key, const char *text,
		       struct error *err)
{
	_cleanup_free_ char *low = xstrdup(text);
	char *high = strchr(low, '-');

	if (high)
		*high++ = '\0';
	int r = parse_number(key, low, &c->size_min, err);
	if (r < 0)
		return r;
	c->size_max = c->size_min;
	if (high)
		r = parse_number(key, high, &c->size_max, err);
	if (r < 0)
		return r;
	if (c->size_max < c->size_min) {
		r = error_set(err, ERROR_USAGE, EINVAL, "%s: %s ends below its beginning",
			      key->name, text);
		error_hint(err, "write the smaller size first: %s-%s", high, low);
	}
	return r;
}

static int parse_word(const struct key *key, const char *text, uint64_t *ret, struct error *err)
{
	for (uint64_t i = 0; i <= key->max; i++) {
		if (!strcmp(text, key->words[i])) {
			*ret = i;
			return 0;
		}
	}
	int r = error_set(err, ERROR_USAGE, EINVAL, "%s: unknown value '%s'", key->name, text);
	hint_words(err, text, key->words, key->max + 1);
	return r;
}

static const struct key *key_find(const struct workload_case *c, const char *name,
				  struct error *err)
{
	for (size_t i = 0; i < CASE_KEYS; i++)
		if (!strcmp(name, case_keys[i].name) && key_applies(&case_keys[i], c->family))
			return &case_keys[i];
	error_set(err, ERROR_USAGE, EINVAL, "unknown key '%s' for %s", name,
		  case_families[c->family]);
	hint_keys(err, name, c->family);
	return NULL;
}

static int key_set(struct workload_case *c, const struct key *key, const char *value,
		   struct error *err)
{
	switch (key->kind) {
	case KEY_SIZES:
		return parse_sizes(c, key, value, err);
	case KEY_WORD:
		return parse_word(key, value, key_field(c, key), err);
	default:
		return parse_number(key, value, key_field(c, key), err);
	}
}

int case_set(struct workload_case *c, const char *name, const char *value, struct error *err)
{
	const struct key *key = key_find(c, name, err);

	return key ? key_set(c, key, value, err) : -EINVAL;
}

/* One key=value of a name; each key once. */
static int parse_pair(struct workload_case *c, char *pair, struct error *err)
{
	char *value = strchr(pair, '=');

	if (!*pair)
		return error_set(err, ERROR_USAGE, EINVAL, "empty part between two slashes");
	if (!value) {
		int r = error_set(err, ERROR_USAGE, EINVAL, "'%s' is not of the form key=value",
				  pair);
		hint_keys(err, pair, c->family);
		return r;
	}
	*value++ = '\0';
	const struct key *key = key_find(c, pair, err);
	if (!key)
		return -EINVAL;
	if (key_value(c, key) != CASE_UNSET)
		return error_set(err, ERROR_USAGE, EINVAL, "%s is given twice", key->name);
	return key_set(c, key, value, err);
}

static int parse_shape(struct workload_case *c, const char *text, struct error *err)
{
	const char *words[CASE_SHAPES];
	size_t count = 0;

	for (size_t i = 0; i < CASE_SHAPES; i++) {
		if (case_shapes[i].family != c->family)
			continue;
		words[count++] = case_shapes[i].name;
		if (!strcmp(text, case_shapes[i].name)) {
			c->shape = case_shapes[i].shape;
			return 0;
		}
	}
	int r = error_set(err, ERROR_USAGE, EINVAL, "unknown kind of %s: '%s'",
			  case_families[c->family], text);
	hint_words(err, text, words, count);
	return r;
}

static int parse_family(struct workload_case *c, const char *text, struct error *err)
{
	for (unsigned int i = 0; i < CASE_FAMILIES; i++) {
		if (!strcmp(text, case_families[i])) {
			c->family = i;
			return 0;
		}
	}
	int r = error_set(err, ERROR_USAGE, EINVAL, "unknown workload '%s'", text);
	hint_words(err, text, case_families, CASE_FAMILIES);
	return r;
}

/* Parses the part after the family: its shape, or the payload's size. */
static int parse_second(struct workload_case *c, char *text, struct error *err)
{
	if (c->family != FAMILY_MPSC)
		return parse_shape(c, text, err);
	if (strchr(text, '=')) {
		int r = error_set(err, ERROR_USAGE, EINVAL, "mpsc needs its payload's size first");
		error_hint(err, "write mpsc/16K/%s", text);
		return r;
	}
	return case_set(c, "size", text, err);
}

static void case_clear(struct workload_case *c)
{
	*c = (struct workload_case){ .shape = SHAPE_NONE, .size_max = CASE_UNSET };
	for (size_t i = 0; i < CASE_KEYS; i++)
		*key_field(c, &case_keys[i]) = CASE_UNSET;
}

static int parse_parts(char *text, struct workload_case *c, struct error *err)
{
	char *rest = text;
	int r = parse_family(c, strsep(&rest, "/"), err);

	if (r == 0 && rest)
		r = parse_second(c, strsep(&rest, "/"), err);
	while (r == 0 && rest)
		r = parse_pair(c, strsep(&rest, "/"), err);
	return r;
}

int case_begin(const char *name, struct workload_case *ret, struct error *err)
{
	case_clear(ret);
	if (strnlen(name, NAME_MAX_BYTES + 1) > NAME_MAX_BYTES)
		return error_set(err, ERROR_USAGE, ERANGE, "case name is longer than %d bytes",
				 NAME_MAX_BYTES);
	_cleanup_free_ char *text = xstrdup(name);
	int r = parse_parts(text, ret, err);
	if (r < 0)
		error_prefix(err, "case '%s'", name);
	return r;
}

/* The most memory that a case holds at a time: a wrong number must not exhaust the machine. */
static uint64_t bytes_in_use(const struct workload_case *c)
{
	uint64_t threads = c->threads ? c->threads : CASE_THREADS_MAX;

	switch (c->family) {
	case FAMILY_SPAWN:
		return c->operations * c->task_size;
	case FAMILY_MPSC:
		return (c->capacity + c->senders) * c->size_max;
	case FAMILY_CLASSIC: /* xmalloc-test: as many batches on the way as in work */
		return c->live * c->size_max *
		       (c->shape == SHAPE_XMALLOC_TEST ? threads * 3 / 2 : threads + 1);
	default:
		return c->live * c->size_max * (c->shape == SHAPE_SINGLE ? 1 : threads);
	}
}

static int refuse_classic(const struct workload_case *c, struct error *err)
{
	if (c->size_min < 8)
		return error_set(err, ERROR_USAGE, ERANGE,
				 "size: a block of classic has 8 bytes at least");
	if (c->shape == SHAPE_XMALLOC_TEST && c->threads == 1)
		return error_set(
			err, ERROR_USAGE, ERANGE,
			"threads: xmalloc-test needs one that allocates and one that frees");
	return 0;
}

int case_finish(struct workload_case *c, struct error *err)
{
	static const enum case_shape first[] = { SHAPE_LOCAL, SHAPE_NONE, SHAPE_SINGLE,
						 SHAPE_LARSON };

	if (c->shape == SHAPE_NONE)
		c->shape = first[c->family];
	/* "multi" with one thread is "single", and the other way round. */
	if (c->family == FAMILY_CHURN && c->threads != CASE_UNSET)
		c->shape = c->threads == 1 ? SHAPE_SINGLE : SHAPE_MULTI;
	if (c->size_min == CASE_UNSET)
		c->size_max = size_max_default(c);
	for (size_t i = 0; i < CASE_KEYS; i++)
		if (key_applies(&case_keys[i], c->family) &&
		    key_value(c, &case_keys[i]) == CASE_UNSET)
			*key_field(c, &case_keys[i]) = key_default(c, &case_keys[i]);
	if (c->family == FAMILY_CLASSIC && refuse_classic(c, err) < 0)
		return -ERANGE;
	if (c->family == FAMILY_SPAWN && c->task_size % 8)
		return error_set(err, ERROR_USAGE, EINVAL,
				 "task-size: %" PRIu64 " is not a multiple of 8", c->task_size);
	if (c->family == FAMILY_MPSC && c->size_min < 8 && c->size_max > 8)
		return error_set(err, ERROR_USAGE, ERANGE,
				 "size: a range that passes 8 must begin at 8 or above");
	if (bytes_in_use(c) <= IN_USE_MAX_BYTES)
		return 0;
	int r = error_set(err, ERROR_USAGE, ERANGE, "the case may hold %" PRIu64 " GiB at a time",
			  (bytes_in_use(c) + (UINT64_C(1) << 30) - 1) >> 30);
	error_hint(err, "at most 16 GiB; lower %s",
		   c->family == FAMILY_SPAWN  ? "operations"
		   : c->family == FAMILY_MPSC ? "capacity"
					      : "live");
	return r;
}

int case_parse(const char *name, struct workload_case *ret, struct error *err)
{
	int r = case_begin(name, ret, err);

	if (r < 0)
		return r;
	if (!strchr(name, '/')) {
		r = error_set(err, ERROR_USAGE, EINVAL, "case '%s' names a workload only", name);
		error_hint(err, "add what it needs, as in %s",
			   ret->family == FAMILY_SPAWN   ? "spawn/local"
			   : ret->family == FAMILY_MPSC  ? "mpsc/16K/senders=5"
			   : ret->family == FAMILY_CHURN ? "churn/single"
							 : "classic/larson");
		return r;
	}
	r = case_finish(ret, err);
	if (r < 0)
		error_prefix(err, "case '%s'", name);
	return r;
}
