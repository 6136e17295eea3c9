/* SPDX-License-Identifier: MIT */
#include "identify/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/process.h"

#define BLANKS " \t"

struct word_list {
	char **items;
	size_t count, alloc;
};

static char *take_word(const char **text)
{
	const char *start = *text + strspn(*text, BLANKS);
	size_t len = strcspn(start, BLANKS "\n");

	*text = start + len;
	return len ? xstrndup(start, len) : NULL;
}

/* ${NAME}; the text behind it. */
static const char *expand(const char *text, char *const *environment, struct strbuf *word)
{
	const char *end = strchr(text, '}');

	if (text[1] != '{' || !end) {
		strbuf_addch(word, *text);
		return text + 1;
	}
	_cleanup_free_ char *name = xstrndup(text + 2, (size_t)(end - text) - 2);
	const char *value = environment_value(environment, name);
	if (value)
		strbuf_addstr(word, value);
	return end + 1;
}

/* One word as env -S splits it: quotes, backslashes, ${NAME}. False at the end. */
static bool split_word(const char **text, char *const *environment, struct word_list *ret)
{
	_cleanup_strbuf_ struct strbuf word = STRBUF_INIT;
	const char *at = *text + strspn(*text, BLANKS);
	char quote = '\0';

	*text = at;
	if (!*at || *at == '\n' || *at == '#')
		return false;
	while (*at && *at != '\n' && (quote || !strchr(BLANKS, *at))) {
		if (quote ? *at == quote : *at == '\'' || *at == '"') {
			quote = quote ? '\0' : *at;
			at++;
		} else if (*at == '\\' && quote != '\'' && at[1] && at[1] != '\n') {
			strbuf_addch(&word, at[1] == '_' ? ' ' : at[1]);
			at += 2;
		} else if (*at == '$' && quote != '\'') {
			at = expand(at, environment, &word);
		} else {
			strbuf_addch(&word, *at++);
		}
	}
	*text = at;
	*ARRAY_PUSH(ret->items, ret->count, ret->alloc) = strbuf_detach(&word);
	return true;
}

/* What follows "-S", "-vS", "--split-string=" in env's argument; NULL: it is not split. */
static const char *split_string(const char *argument)
{
	static const char long_name[] = "--split-string";

	if (*argument != '-')
		return NULL;
	if (!strncmp(argument, long_name, strlen(long_name))) {
		const char *rest = argument + strlen(long_name);

		/* strchr() finds the end of the text too, behind which there is nothing. */
		return *rest && (*rest == '=' || strchr(BLANKS, *rest)) ? rest + 1 : NULL;
	}
	size_t letters = strspn(argument + 1, "iv0");
	return argument[1 + letters] == 'S' ? argument + 2 + letters : NULL;
}

/* An option of env: how many words it takes; 0: it is none. */
static size_t take_option(char *const *words, size_t left, struct word_list *changes, bool *is_bare)
{
	const char *word = words[0];

	if (!strcmp(word, "-") || !strcmp(word, "-i") || !strcmp(word, "--ignore-environment")) {
		*is_bare = true;
		return 1;
	}
	if ((!strcmp(word, "-u") || !strcmp(word, "--unset")) && left > 1) {
		*ARRAY_PUSH(changes->items, changes->count, changes->alloc) = xstrdup(words[1]);
		return 2;
	}
	if (!strncmp(word, "--unset=", strlen("--unset="))) {
		*ARRAY_PUSH(changes->items, changes->count, changes->alloc) =
			xstrdup(word + strlen("--unset="));
		return 1;
	}
	if ((!strcmp(word, "-C") || !strcmp(word, "--chdir")) && left > 1)
		return 2;
	return *word == '-';
}

static void read_words(const struct word_list *words, struct script_line *ret)
{
	struct word_list changes = { 0 };
	size_t i = 0, taken;

	while (i < words->count && (taken = take_option(&words->items[i], words->count - i,
							&changes, &ret->starts_bare)))
		i += taken;
	for (; i < words->count && strchr(words->items[i], '='); i++)
		*ARRAY_PUSH(changes.items, changes.count, changes.alloc) = xstrdup(words->items[i]);
	if (i < words->count)
		ret->program = xstrdup(words->items[i]);
	*ARRAY_PUSH(changes.items, changes.count, changes.alloc) = NULL;
	ret->changes = changes.items;
}

/*
 * Without -S, env gets one argument; the words of a line that forgot -S are told apart all the
 * same, but nothing is set by them.
 */
static char *program_of_one_argument(const char *argument)
{
	char *word;

	while ((word = take_word(&argument))) {
		if (*word != '-' && !strchr(word, '='))
			return word;
		free(word);
	}
	return NULL;
}

void script_line_parse(const char *line, char *const *environment, struct script_line *ret)
{
	const char *rest = line + strlen("#!");
	_cleanup_free_ char *interpreter = take_word(&rest);
	struct word_list words = { 0 };

	*ret = (struct script_line){ 0 };
	if (!interpreter || strcmp(path_name(interpreter), "env") != 0) {
		ret->program = TAKE_PTR(interpreter);
		return;
	}
	rest += strspn(rest, BLANKS);
	const char *split = split_string(rest);
	if (!split) {
		ret->program = program_of_one_argument(rest);
		return;
	}
	ret->starts_bare =
		*rest == '-' && rest[1] != '-' && memchr(rest, 'i', (size_t)(split - rest));
	while (split_word(&split, environment, &words))
		;
	read_words(&words, ret);
	for (size_t i = 0; i < words.count; i++)
		free(words.items[i]);
	free(words.items);
}

void script_line_release(struct script_line *line)
{
	if (!line)
		return;
	free(line->program);
	strv_free(line->changes);
	*line = (struct script_line){ 0 };
}
