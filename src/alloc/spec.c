/* SPDX-License-Identifier: MIT */
#include "alloc/spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* A slice of the parsed text; not NUL-terminated. */
struct piece {
	const char *text;
	size_t len;
};

#define PIECE_FMT "%.*s"
#define PIECE_ARG(p) (int)(p).len, (p).text
#define PIECE_FROM(s) ((struct piece){ (s), strlen(s) })

static struct piece trimmed(struct piece piece)
{
	while (piece.len && piece.text[0] == ' ') {
		piece.text++;
		piece.len--;
	}
	while (piece.len && piece.text[piece.len - 1] == ' ')
		piece.len--;
	return piece;
}

/* The length up to the first of the characters, or all of it. */
static size_t length_until(struct piece piece, const char *characters)
{
	size_t len = 0;

	while (len < piece.len && !strchr(characters, piece.text[len]))
		len++;
	return len;
}

static struct piece piece_head(struct piece piece, size_t len)
{
	return trimmed((struct piece){ piece.text, len });
}

/* The slice behind the character at len. */
static struct piece piece_tail(struct piece piece, size_t len)
{
	return trimmed((struct piece){ piece.text + len + 1, piece.len - len - 1 });
}

static char *piece_dup(struct piece piece)
{
	return xstrndup(piece.text, piece.len);
}

static bool piece_is(struct piece piece, const char *word)
{
	return piece.len == strlen(word) && !memcmp(piece.text, word, piece.len);
}

static bool is_word(struct piece piece)
{
	if (!piece.len || !isalnum((unsigned char)piece.text[0]))
		return false;
	for (size_t i = 0; i < piece.len; i++)
		if (!isalnum((unsigned char)piece.text[i]) && !strchr("-_.+", piece.text[i]))
			return false;
	return true;
}

/* A key, or one behind the name of a variable, which may begin with '_': "_RJEM_MALLOC_CONF.narenas". */
static bool is_key(struct piece piece)
{
	while (piece.len && piece.text[0] == '_') {
		piece.text++;
		piece.len--;
	}
	return is_word(piece);
}

static int refuse(struct error *err, const char *what, struct piece piece, const char *hint)
{
	int r = error_set(err, ERROR_USAGE, EINVAL, "contender '" PIECE_FMT "': %s",
			  PIECE_ARG(piece), what);

	error_hint(err, "%s", hint);
	return r;
}

#define HINT_SYNTAX "write NAME, NAME@VERSION, NAME[key:value,...] or NAME=/path/lib.so"

static int check_name(struct piece name, struct piece whole, struct error *err)
{
	if (!name.len)
		return refuse(err, "there is no name", whole, HINT_SYNTAX);
	if (memchr(name.text, ':', name.len))
		return refuse(err, "a name cannot hold ':'", whole,
			      "settings stand in brackets: NAME[key:value]");
	if (!is_word(name))
		return refuse(err, "the name has characters other than letters, digits and '-_.+'",
			      whole, HINT_SYNTAX);
	if (piece_is(name, "limit"))
		return refuse(err, "the name is reserved", whole,
			      "the limit needs no asking: it runs with every case");
	return 0;
}

static int add_setting(struct contender_spec *spec, struct piece piece, struct piece whole,
		       struct error *err)
{
	size_t len = length_until(piece, ":=");

	if (spec->setting_count == CONTENDER_SPEC_SETTINGS_MAX)
		return refuse(err, "it has too many settings", piece_head(whole, 40),
			      "give at most 64");
	if (!piece.len)
		return refuse(err, "a setting is missing between separators", whole,
			      "write NAME[key:value,key:value]");
	if (len == piece.len)
		return refuse(err, "a setting has no value", whole, "write NAME[key:value]");
	struct piece key = piece_head(piece, len), value = piece_tail(piece, len);
	if (!is_key(key))
		return refuse(err,
			      key.len ? "a setting's key has strange characters"
				      : "a setting has no key",
			      whole, "write NAME[key:value]");
	if (!value.len)
		return refuse(err, "a setting has no value", whole, "write NAME[key:value]");
	if (memchr(value.text, ' ', value.len))
		return refuse(err, "a setting's value holds a space", whole,
			      "write NAME[key:value]");
	for (size_t i = 0; i < spec->setting_count; i++)
		if (strlen(spec->settings[i].key) == key.len &&
		    !strncasecmp(spec->settings[i].key, key.text, key.len))
			return refuse(err, "a setting is given twice", whole, "give each key once");
	struct setting *setting =
		ARRAY_PUSH(spec->settings, spec->setting_count, spec->setting_alloc);
	setting->key = piece_dup(key);
	setting->value = piece_dup(value);
	return 0;
}

static int add_settings(struct contender_spec *spec, struct piece settings, struct piece whole,
			struct error *err)
{
	for (;;) {
		size_t len = length_until(settings, ",;");
		int r = add_setting(spec, piece_head(settings, len), whole, err);

		if (r < 0 || len == settings.len)
			return r;
		settings = piece_tail(settings, len);
	}
}

/* NAME, NAME@VERSION or NAME=PATH. */
static int parse_name(struct contender_spec *spec, struct piece head, struct piece whole,
		      struct error *err)
{
	size_t len = length_until(head, "=@");
	struct piece name = piece_head(head, len);
	int r = check_name(name, whole, err);

	if (r < 0)
		return r;
	spec->name = piece_dup(name);
	if (len == head.len)
		return 0;
	if (piece_is(name, CONTENDER_SELF))
		return refuse(
			err, "'self' takes no version and no path", whole,
			"it is the program's own allocator; it takes settings: self[key:value]");
	struct piece rest = piece_tail(head, len);
	if (head.text[len] == '@') {
		if (!is_word(rest))
			return refuse(err, "there is no version behind '@'", whole, HINT_SYNTAX);
		spec->version = piece_dup(rest);
		return 0;
	}
	if (!rest.len || !memchr(rest.text, '/', rest.len))
		return refuse(err, "the text after '=' is not a path of a library", whole,
			      "settings stand in brackets: NAME[key=value]; a path holds a '/'");
	spec->path = piece_dup(rest);
	return 0;
}

/* Splits off the bracket: *ret_settings gets its contents, *ret_has whether there is one. */
static int split_bracket(struct piece whole, struct piece *ret_head, struct piece *ret_settings,
			 bool *ret_has, struct error *err)
{
	size_t open = length_until(whole, "[");
	size_t close = length_until(whole, "]");

	*ret_has = open < whole.len;
	*ret_head = piece_head(whole, open);
	if (!*ret_has && close == whole.len)
		return 0;
	if (!*ret_has || close < open)
		return refuse(err, "']' without '['", whole, HINT_SYNTAX);
	struct piece inside = piece_tail(whole, open);
	close = length_until(inside, "[]");
	if (close == inside.len)
		return refuse(err, "'[' without ']'", whole, HINT_SYNTAX);
	if (inside.text[close] == '[' || close + 1 != inside.len)
		return refuse(err, "there is more than one bracket, or text behind it", whole,
			      HINT_SYNTAX);
	*ret_settings = piece_head(inside, close);
	return 0;
}

static int parse_piece(struct piece whole, struct contender_spec *spec, struct error *err)
{
	struct piece head, settings = { NULL, 0 };
	bool has_settings;

	if (!whole.len)
		return refuse(err, "it is empty", whole, HINT_SYNTAX);
	int r = split_bracket(whole, &head, &settings, &has_settings, err);
	if (r < 0)
		return r;
	r = parse_name(spec, head, whole, err);
	if (r < 0)
		return r;
	if (!strcmp(spec->name, "all")) {
		if (has_settings || spec->version || spec->path)
			return refuse(err, "'all' takes no version, path or settings", whole,
				      "name the allocator that they are for");
		free(spec->name);
		spec->name = NULL;
		spec->all = true;
	}
	return has_settings ? add_settings(spec, settings, whole, err) : 0;
}

/* Refuses control characters, which would reach terminals and environments. */
static int check_text(const char *text, struct error *err)
{
	if (strlen(text) > CONTENDER_SPEC_TEXT_MAX)
		return error_set(err, ERROR_USAGE, EINVAL,
				 "the list of contenders is longer than %d bytes",
				 CONTENDER_SPEC_TEXT_MAX);
	for (const char *c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			return error_set(err, ERROR_USAGE, EINVAL,
					 "a contender holds the control character 0x%02x",
					 (unsigned char)*c);
	return 0;
}

int contender_spec_parse(const char *text, struct contender_spec *ret, struct error *err)
{
	_cleanup_contender_spec_ struct contender_spec spec = { 0 };

	*ret = spec;
	int r = check_text(text, err);
	if (r < 0)
		return r;
	r = parse_piece(trimmed(PIECE_FROM(text)), &spec, err);
	if (r < 0)
		return r;
	*ret = spec;
	spec = (struct contender_spec){ 0 };
	return 0;
}

/* The length of the first contender of a list: up to a comma outside brackets. */
static size_t first_item(struct piece list)
{
	size_t len = 0;
	int depth = 0;

	for (; len < list.len; len++) {
		char c = list.text[len];

		if (c == ',' && depth <= 0)
			break;
		depth += (c == '[') - (c == ']');
	}
	return len;
}

static int refuse_repeats(const struct contender_list *list, struct error *err)
{
	_cleanup_free_ char *last = contender_spec_format(&list->items[list->count - 1], ':');

	for (size_t i = 0; i + 1 < list->count; i++) {
		_cleanup_free_ char *other = contender_spec_format(&list->items[i], ':');

		if (!strcmp(last, other))
			return refuse(err, "it is in the list twice", PIECE_FROM(last),
				      "name each contender once; the baseline's noise is measured "
				      "in any case");
	}
	return 0;
}

int contender_list_parse(const char *text, struct contender_list *ret, struct error *err)
{
	_cleanup_contender_list_ struct contender_list list = { 0 };
	struct piece rest = trimmed(PIECE_FROM(text));

	*ret = list;
	int r = check_text(text, err);
	if (r < 0)
		return r;
	if (!rest.len) {
		r = error_set(err, ERROR_USAGE, EINVAL, "the list of contenders is empty");
		error_hint(err, "name some, or 'all'");
		return r;
	}
	for (;;) {
		if (list.count == CONTENDER_LIST_MAX)
			return error_set(err, ERROR_USAGE, EINVAL,
					 "there are more than %d contenders", CONTENDER_LIST_MAX);
		size_t len = first_item(rest);
		struct contender_spec *spec = ARRAY_PUSH(list.items, list.count, list.alloc);

		r = parse_piece(piece_head(rest, len), spec, err);
		if (r == 0)
			r = refuse_repeats(&list, err);
		if (r < 0)
			return r;
		if (len == rest.len)
			break;
		rest = piece_tail(rest, len);
	}
	*ret = list;
	list = (struct contender_list){ 0 };
	return 0;
}

bool contender_name_is_self(const char *name)
{
	size_t len = strlen(CONTENDER_SELF);

	return !strncmp(name, CONTENDER_SELF, len) &&
	       (!name[len] || name[len] == '[' || name[len] == ':');
}

bool contender_is_own(const struct contender *contender)
{
	return contender->build || (contender->name && contender_name_is_self(contender->name));
}

char *contender_spec_format(const struct contender_spec *spec, char separator)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, spec->all ? "all" : spec->name);
	if (spec->version)
		strbuf_addf(&sb, "@%s", spec->version);
	if (spec->path)
		strbuf_addf(&sb, "=%s", spec->path);
	for (size_t i = 0; i < spec->setting_count; i++)
		strbuf_addf(&sb, "%c%s%c%s", i ? ',' : '[', spec->settings[i].key, separator,
			    spec->settings[i].value);
	if (spec->setting_count)
		strbuf_addch(&sb, ']');
	return strbuf_detach(&sb);
}

void contender_spec_release(struct contender_spec *spec)
{
	if (!spec)
		return;
	for (size_t i = 0; i < spec->setting_count; i++) {
		free(spec->settings[i].key);
		free(spec->settings[i].value);
	}
	free(spec->settings);
	free(spec->name);
	free(spec->version);
	free(spec->path);
	*spec = (struct contender_spec){ 0 };
}

void contender_list_release(struct contender_list *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->count; i++)
		contender_spec_release(&list->items[i]);
	free(list->items);
	*list = (struct contender_list){ 0 };
}
