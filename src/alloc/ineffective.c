/* SPDX-License-Identifier: MIT */
#include "alloc/ineffective.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "alloc/allocator.h"
#include "alloc/judge.h"
#include "alloc/setting.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/version.h"
#include "base/slip.h"
#include "base/xalloc.h"
#include "identify/keys.h"
#include "identify/variables.h"

#define TUNABLES "GLIBC_TUNABLES"
#define MALLOC_PREFIX "glibc.malloc."
/* Longer texts are judged as far as this. */
#define PARTS_MAX 64
/* Letters of two names that differ, at most, for one to be meant as the other. */
#define SLIP_MAX 2

/* What is judged: a variable or file, as the heap's allocator reads it. */
struct judged {
	struct identification *target;
	const struct heap *heap;
	const struct allocator *allocator;
	const char *variable; /* or the file */
};

static void add(const struct judged *judged, const char *value, bool misread, const char *reason,
		const char *right)
{
	_cleanup_free_ char *instead = right ? xasprintf("%s=%s", judged->variable, right) : NULL;

	identification_add_ineffective(judged->target, judged->variable, value, reason, instead)
		->misread = misread;
}

/* The text with one character in place of another. Caller frees. */
static char *with_replaced(const char *text, char old, char new)
{
	char *copy = xstrdup(text);

	for (char *c = copy; *c; c++)
		if (*c == old)
			*c = new;
	return copy;
}

/* --- jemalloc: "key:value,key:value". It stops at the first thing that is no key. */

/*
 * The settings of a text that separates them otherwise: by ';' or spaces, with '=' behind the key. Each of them has ','
 * between it and the next, and nothing around it. Caller frees.
 */
static char *in_its_form(const char *text)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

	for (; *text; text++) {
		char last = out.len ? out.buf[out.len - 1] : ',';

		if (!strchr("; ,", *text))
			strbuf_add(&out, *text == '=' ? ":" : text, 1);
		else if (last != ',' && last != ':')
			strbuf_addstr(&out, ",");
	}
	if (out.len && out.buf[out.len - 1] == ',')
		out.buf[--out.len] = '\0';
	return strbuf_detach(&out);
}

static void add_malformed(const struct judged *judged, const char *rest, const char *key_end)
{
	_cleanup_free_ char *reason = NULL, *right = NULL;

	if (*key_end == '=' || *key_end == ' ')
		right = in_its_form(rest);
	if (*key_end == '=')
		reason = xstrdup("a key and its value are separated by ':', and nothing from here "
				 "on is read");
	else if (*key_end)
		reason = xasprintf("'%c' is not part of a key, and nothing from here on is read",
				   *key_end);
	else
		reason = xasprintf("%s has no value", rest);
	add(judged, rest, false, reason, right);
}

/* Whether it has some effect, if not the one that it says. */
static bool judge_pair(const struct judged *judged, const char *key, const char *value,
		       const char *shown, const char *prefix)
{
	_cleanup_setting_verdict_ struct setting_verdict verdict = { 0 };

	setting_judge(judged->allocator, judged->heap->version, key, value, &verdict);
	if (!verdict.reason)
		return true;
	_cleanup_free_ char *right =
		verdict.key || verdict.value
			? xasprintf("%s%s%c%s", prefix, verdict.key ? verdict.key : key,
				    judged->allocator->separator,
				    verdict.value ? verdict.value : value)
			: NULL;
	add(judged, shown, verdict.misread, verdict.reason, right);
	return verdict.misread;
}

/* Whether any of it has an effect. */
static bool judge_conf(const struct judged *judged, const char *text)
{
	static const char letters[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	bool any = false;

	for (size_t i = 0; *text && i < PARTS_MAX; i++) {
		size_t key_len = strspn(text, letters), len = strcspn(text, ",");

		if (text[key_len] != ':') {
			add_malformed(judged, text, text + key_len);
			return any;
		}
		_cleanup_free_ char *key = xstrndup(text, key_len);
		_cleanup_free_ char *value = xstrndup(text + key_len + 1, len - key_len - 1);
		_cleanup_free_ char *pair = xstrndup(text, len);
		if (strpbrk(value, ";: ") && key_is_known(judged->allocator->name, key)) {
			_cleanup_free_ char *right = in_its_form(text);

			add(judged, pair, false, "settings are separated by ','", right);
		} else {
			any |= judge_pair(judged, key, value, pair, "");
		}
		text += len;
		text += *text == ',';
	}
	return any;
}

/* --- glibc: "glibc.malloc.key=value:…" */

static bool is_other_namespace(const char *name)
{
	static const char *const others[] = { "glibc.cpu.",     "glibc.rtld.", "glibc.mem.",
					      "glibc.elision.", "glibc.gmon.", "glibc.pthread." };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (!strncmp(name, others[i], strlen(others[i])))
			return true;
	return false;
}

/* A tunable whose name does not begin with "glibc.malloc.". */
static bool judge_foreign(const struct judged *judged, const char *part, const char *name,
			  const char *value)
{
	const char *dot = strrchr(name, '.');
	_cleanup_setting_verdict_ struct setting_verdict verdict = { 0 };
	_cleanup_free_ char *reason = NULL, *right = NULL;

	if (is_other_namespace(name))
		return true;
	setting_judge_key(judged->allocator, NULL, dot ? dot + 1 : name, &verdict);
	const char *key = verdict.key ? verdict.key : verdict.reason ? NULL : dot ? dot + 1 : name;
	reason = xasprintf("glibc has no tunable %s", name);
	right = key ? xasprintf(MALLOC_PREFIX "%s=%s", key, value) : NULL;
	add(judged, part, false, reason, right);
	return false;
}

/* ',' between tunables: what follows it is not read; from 2.39 on the whole text is not. */
static bool judge_comma(const struct judged *judged, const char *part, const char *comma)
{
	_cleanup_free_ char *right = with_replaced(part, ',', ':');

	add(judged, comma + 1, false, "tunables are separated by ':'", right);
	return true;
}

static bool judge_tunable(const struct judged *judged, const char *part)
{
	const char *equals = strchr(part, '=');
	_cleanup_free_ char *name = equals ? xstrndup(part, (size_t)(equals - part)) : NULL;

	if (!*part)
		return false;
	if (!equals) {
		add(judged, part, false, "it has no value", NULL);
		return false;
	}
	if (strchr(equals, ','))
		return judge_comma(judged, part, strchr(equals, ','));
	if (strncmp(name, MALLOC_PREFIX, strlen(MALLOC_PREFIX)) != 0)
		return judge_foreign(judged, part, name, equals + 1);
	return judge_pair(judged, name + strlen(MALLOC_PREFIX), equals + 1, part, MALLOC_PREFIX);
}

static bool judge_tunables(const struct judged *judged, const char *text)
{
	const char *version = judged->heap->version;
	_cleanup_free_ char *copy = xstrdup(text);
	char *part, *rest = copy;
	bool any = false;

	while ((part = strsep(&rest, ":"))) {
		const char *equals = strchr(part, '=');

		if (version && version_compare(version, "2.39") >= 0 && equals &&
		    strchr(equals + 1, '=')) {
			_cleanup_free_ char *right = with_replaced(text, ',', ':');

			add(judged, text, false,
			    "a second '=' before the next ':' makes glibc ignore all of it", right);
			return false;
		}
	}
	strcpy(copy, text);
	rest = copy;
	for (size_t i = 0; i < PARTS_MAX && (part = strsep(&rest, ":")); i++)
		any |= judge_tunable(judged, part);
	return any;
}

/* --- a variable for each setting */

/* A variable of glibc or tcmalloc in small letters: only mimalloc reads its own in any case. */
static bool judge_case(const struct judged *judged, const char *value)
{
	_cleanup_free_ char *capitals = xstrdup(judged->variable);

	for (char *c = capitals; *c; c++)
		*c = (char)toupper((unsigned char)*c);
	if (judged->allocator->any_case || !strcmp(capitals, judged->variable))
		return true;
	_cleanup_free_ char *reason =
		xasprintf("%s reads its variables in capital letters", judged->allocator->name);
	_cleanup_free_ char *instead = xasprintf("%s=%s", capitals, value);

	identification_add_ineffective(judged->target, judged->variable, value, reason, instead);
	return false;
}

static bool judge_own_variable(const struct judged *judged, const char *value)
{
	const struct allocator *allocator = judged->allocator;
	const char *stem = allocator->stem ? allocator->stem : "";
	_cleanup_setting_verdict_ struct setting_verdict verdict = { 0 };

	if (strncasecmp(judged->variable, stem, strlen(stem)) != 0)
		return true;
	if (!judge_case(judged, value))
		return false;
	setting_judge(allocator, judged->heap->version, judged->variable + strlen(stem), value,
		      &verdict);
	if (!verdict.reason)
		return true;
	_cleanup_free_ char *key = verdict.key ? setting_key_text(allocator, verdict.key) : NULL;
	_cleanup_free_ char *right = key ? xasprintf("%s%s", stem, key) : NULL;
	_cleanup_free_ char *instead =
		right || verdict.value ? xasprintf("%s=%s", right ? right : judged->variable,
						   verdict.value ? verdict.value : value)
				       : NULL;
	identification_add_ineffective(judged->target, judged->variable, value, verdict.reason,
				       instead)
		->misread = verdict.misread;
	return verdict.misread;
}

static bool judge_setting(const struct judged *judged, const char *value)
{
	if (!strcmp(judged->heap->allocator, go_settings.allocator)) {
		const char *reason = go_refuses(judged->variable, value);

		if (reason)
			add(judged, value, false, reason, NULL);
		return !reason;
	}
	if (!judged->allocator)
		return true;
	if (judged->allocator->append == ',')
		return judge_conf(judged, value);
	if (!strcmp(judged->variable, TUNABLES))
		return judge_tunables(judged, value);
	return judge_own_variable(judged, value);
}

static void judge_heap(struct identification *target, struct heap *heap)
{
	struct judged judged = { .target = target, .heap = heap };
	size_t kept = 0;

	judged.allocator = allocator_by_name(heap->allocator);
	for (size_t i = 0; i < heap->setting_count; i++) {
		judged.variable = heap->settings[i].key;
		if (judge_setting(&judged, heap->settings[i].value)) {
			heap->settings[kept++] = heap->settings[i];
			continue;
		}
		free(heap->settings[i].key);
		free(heap->settings[i].value);
	}
	heap->setting_count = kept;
}

/* --- variables that nobody reads */

static const struct heap *find_jemalloc(const struct identification *target)
{
	for (size_t i = 0; i < target->heap_count; i++)
		if (target->heaps[i].env_var && target->heaps[i].allocator &&
		    !strcmp(target->heaps[i].allocator, allocator_jemalloc.name))
			return &target->heaps[i];
	return NULL;
}

static void consider(const char *name, const char *candidate, char **nearest, unsigned int *least)
{
	unsigned int distance = slip_distance(name, candidate);

	if (distance >= *least)
		return;
	*least = distance;
	free(*nearest);
	*nearest = xstrdup(candidate);
}

/* The variable of a heap that was meant by a name, or NULL. Caller frees. */
static char *meant_variable(const struct heap *heap, const char *name)
{
	const struct allocator *allocator =
		heap->allocator ? allocator_by_name(heap->allocator) : NULL;
	const char *keys = allocator ? keys_of(allocator->name) : NULL;
	_cleanup_free_ char *copy = keys ? xstrdup(keys) : NULL;
	unsigned int least = SLIP_MAX + 1;
	char *nearest = NULL, *key, *rest = copy;

	if (heap->env_var && !strchr(heap->env_var, '*'))
		consider(name, heap->env_var, &nearest, &least);
	for (; rest && (key = strsep(&rest, " "));) {
		_cleanup_free_ char *upper = setting_key_text(allocator, key);
		_cleanup_free_ char *variable =
			allocator->stem ? xasprintf("%s%s", allocator->stem, upper) : NULL;

		if (variable)
			consider(name, variable, &nearest, &least);
		else if (!strncmp(key, "MALLOC_", strlen("MALLOC_")))
			consider(name, key, &nearest, &least);
	}
	return nearest;
}

static void judge_unread(struct identification *target, const struct setting *variable)
{
	const struct heap *jemalloc = find_jemalloc(target);
	_cleanup_free_ char *meant = NULL;
	bool is_known = variables_known(variable->key);

	if (jemalloc && is_known && strstr(variable->key, "MALLOC_CONF"))
		meant = xstrdup(jemalloc->env_var);
	for (size_t i = 0; !meant && !is_known && i < target->heap_count; i++)
		meant = meant_variable(&target->heaps[i], variable->key);
	if (!is_known && !meant)
		return;
	_cleanup_free_ char *instead = meant ? xasprintf("%s=%s", meant, variable->value) : NULL;
	identification_add_ineffective(target, variable->key, variable->value,
				       meant && is_known ? "this jemalloc reads another variable"
							 : "no allocator here reads it",
				       instead);
}

void ineffective_find(struct identification *identification)
{
	bool all_known = identification->heap_count > 0;

	for (size_t i = 0; i < identification->heap_count; i++) {
		if (identification->heaps[i].allocator)
			judge_heap(identification, &identification->heaps[i]);
		else
			all_known = false;
	}
	for (size_t i = 0; all_known && i < identification->unread_count; i++)
		judge_unread(identification, &identification->unread[i]);
}

void ineffective_say(const struct without_effect *row, struct strbuf *out)
{
	strbuf_addf(out, "%s=%s has %s effect: %s", row->variable, row->value,
		    row->misread ? "another" : "no", row->reason);
	if (row->instead)
		strbuf_addf(out, "; write %s", row->instead);
}
