/* SPDX-License-Identifier: MIT */
/* What was typed, and the line that does it again. */
#include <string.h>

#include "base/quote.h"
#include "report/produce.h"

/* Whether the command was given a seed, or cannot have one. */
static bool has_seed(const struct result *result)
{
	char *const *argv = result->command.argv;

	if (!result->command.seed || result->kind == RESULT_EXPLAIN)
		return true;
	for (size_t i = 0; argv[i] && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--seed") || !strncmp(argv[i], "--seed=", 7))
			return true;
	return false;
}

/* The order within the rounds is drawn from the seed: with it the line does the same again. */
static bool add_line(const struct result *result, struct strbuf *line)
{
	char *const *argv = result->command.argv;
	bool seeded = has_seed(result);

	for (size_t i = 0; argv[i]; i++) {
		if (!quote_is_printable(argv[i]))
			return false;
		if (i)
			strbuf_addch(line, ' ');
		quote_word(line, argv[i]);
		/* After the name of the command, before what may be a program and its arguments. */
		if (i == 1 && !seeded)
			strbuf_addf(line, " --seed %llu", (unsigned long long)result->command.seed);
	}
	return true;
}

void produce_method(const struct production *production)
{
	const struct result *result = production->result;
	_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

	if (!production->emitter->chart || !result->command.argv || !result->command.argv[0])
		return;
	production->emitter->heading(production->self, "Again");
	if (add_line(result, &line))
		production->emitter->code(production->self, line.buf);
	else
		say(production, NOTE_PLAIN,
		    "no line to copy: it would hold characters that cannot be shown");
	say(production, NOTE_PLAIN,
	    "measured by madvisor %s; docs/METHOD.md says how, and how far the figures can be trusted",
	    result->tool_version ? result->tool_version : "of an unknown version");
}
