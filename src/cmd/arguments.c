/* SPDX-License-Identifier: MIT */
#include "cmd/arguments.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/slip.h"
#include "base/xalloc.h"
#include "cmd/command.h"

/* What argp adds to every parser. */
static const struct argp_option own_options[] = {
	{ "help", '?', NULL, 0, NULL, 0 },
	{ "usage", -1, NULL, 0, NULL, 0 },
	{ 0 },
};

static bool is_last(const struct argp_option *option)
{
	return !option->key && !option->name && !option->doc && !option->group;
}

/* Whether the word after it is its argument; an alias takes what its option takes. */
static bool takes_word(const struct argp_option *options, const struct argp_option *option)
{
	while (option > options && (option->flags & OPTION_ALIAS))
		option--;
	return option->arg && !(option->flags & OPTION_ARG_OPTIONAL);
}

/* How a word of argv goes with the options of a parser. */
struct match {
	const char *name; /* as it is written there, without "--" and "=..." */
	size_t length;
	char letter; /* of a short option; 0: `name` counts */
	bool is_exact;
	bool takes_word;    /* of an exact one */
	const char *longer; /* the first long option that begins so */
	struct slip slip;   /* among the long options */
};

static void match_options(const struct argp_option *options, struct match *match)
{
	for (const struct argp_option *o = options; o && !is_last(o); o++) {
		if (o->flags & OPTION_DOC)
			continue;
		if (o->name && match->slip.word)
			slip_consider(&match->slip, o->name);
		if (match->letter) {
			if (o->key != match->letter)
				continue;
		} else if (!o->name || strncmp(o->name, match->name, match->length) != 0) {
			continue;
		} else if (o->name[match->length]) {
			match->longer = match->longer ? match->longer : o->name;
			continue;
		}
		match->is_exact = true;
		match->takes_word = takes_word(options, o);
	}
}

static void match_parser(const struct argp *argp, struct match *match)
{
	match_options(argp->options, match);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		match_parser(child->argp, match);
}

static void match_all(const struct argp *argp, struct match *match)
{
	match_parser(argp, match);
	match_options(own_options, match);
}

/* How many words of argv the short options in one word take: that one, and perhaps an argument. */
static int short_options(const struct argp *argp, const char *word)
{
	for (const char *letter = word + 1; *letter; letter++) {
		struct match match = { .letter = *letter };

		match_all(argp, &match);
		if (match.is_exact && match.takes_word)
			return letter[1] ? 1 : 2;
	}
	return 1;
}

const char *arguments_mistaken(const struct argp *argp, int argc, char *const *argv, unsigned flags,
			       const char **option)
{
	for (int i = 1; i < argc;) {
		const char *word = argv[i];

		if (!strcmp(word, "--"))
			return NULL;
		if (word[0] != '-' || !word[1]) {
			if (flags & ARGP_IN_ORDER)
				return NULL;
			i++;
			continue;
		}
		if (word[1] != '-') {
			i += short_options(argp, word);
			continue;
		}
		struct match match = { .name = word + 2, .length = strcspn(word + 2, "=") };

		_cleanup_free_ char *bare = xstrndup(match.name, match.length);

		slip_init(&match.slip, bare);
		match_all(argp, &match);
		if (!match.is_exact) {
			*option = match.longer ? match.longer : match.slip.best;
			return word;
		}
		i += match.takes_word && !word[2 + match.length] ? 2 : 1;
	}
	return NULL;
}

void arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	static char help[] = "--help";
	const char *option = NULL;

	if (argc > 1 && !strcmp(argv[1], "-h"))
		argv[1] = help;
	const char *word = arguments_mistaken(argp, argc, argv, flags, &option);

	if (!word) {
		argp_parse(argp, argc, argv, flags, NULL, input);
		return;
	}
	error_set(&err, ERROR_USAGE, EINVAL, "no such option: %s", word);
	if (option)
		error_hint(&err,
			   "did you mean --%s? Options are written in full; `%s --help` lists them",
			   option, argv[0]);
	else
		error_hint(&err, "`%s --help` lists the options", argv[0]);
	exit(command_fail(&err));
}

int arguments_check(const struct argument_rule *rules, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		if (rules[i].holds)
			continue;
		error_set(err, ERROR_USAGE, EINVAL, "%s", rules[i].message);
		error_hint(err, "%s", rules[i].hint);
		return -EINVAL;
	}
	return 0;
}
