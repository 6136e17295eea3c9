/* SPDX-License-Identifier: MIT */
#include "cmd/completion-internal.h"

#include <stdio.h>
#include <string.h>

#include "base/array.h"

const char *const completion_value_names[] = {
	[VALUES_NONE] = "none",
	[VALUES_FILES] = "files",
	[VALUES_CASES] = "cases",
	[VALUES_CONTENDERS] = "contenders",
	[VALUES_SUITES] = "suites",
	[VALUES_PROBES] = "probes",
	[VALUES_LISTS] = "lists",
	[VALUES_PROGRESS] = "progress",
	[VALUES_PREFERENCES] = "preferences",
	[VALUES_SHELLS] = "shells",
	[VALUES_FORMATS] = "formats",
};

/* Of options whose argument is a name. One called FILE is a file; others are not completed. */
static const struct {
	const char *option;
	enum completion_values values;
} option_values[] = {
	{ "contenders", VALUES_CONTENDERS }, { "contender", VALUES_CONTENDERS },
	{ "baseline", VALUES_CONTENDERS },   { "compare-with", VALUES_CONTENDERS },
	{ "suite", VALUES_SUITES },          { "case", VALUES_CASES },
	{ "guard", VALUES_CASES },           { "probe", VALUES_PROBES },
	{ "progress", VALUES_PROGRESS },     { "prefer", VALUES_PREFERENCES },
	{ "against", VALUES_FILES },         { "baseline-build", VALUES_FILES },
	{ "build", VALUES_FILES },           { "format", VALUES_FORMATS },
};

/* Of the words of a command that belong to no option. */
static const struct {
	const char *command;
	enum completion_values values;
} word_values[] = {
	{ "bench", VALUES_CASES },  { "list", VALUES_LISTS },        { "identify", VALUES_FILES },
	{ "report", VALUES_FILES }, { "completion", VALUES_SHELLS },
};

enum completion_values completion_values_of(const struct argp_option *option)
{
	for (size_t i = 0; option->name && i < ARRAY_SIZE(option_values); i++)
		if (!strcmp(option->name, option_values[i].option))
			return option_values[i].values;
	return option->arg && !strcmp(option->arg, "FILE") ? VALUES_FILES : VALUES_NONE;
}

enum completion_values completion_values_of_words(const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(word_values); i++)
		if (!strcmp(command, word_values[i].command))
			return word_values[i].values;
	return VALUES_NONE;
}

static void walk_parser(const struct completion_walk *walk, const struct argp *argp)
{
	for (const struct argp_option *o = argp->options;
	     o && (o->key || o->name || o->doc || o->group); o++)
		if (o->name && !(o->flags & (OPTION_DOC | OPTION_HIDDEN | OPTION_ALIAS)))
			walk->say(walk, o);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		walk_parser(walk, child->argp);
}

void completion_walk(const struct command_entry *command,
		     void (*say)(const struct completion_walk *walk,
				 const struct argp_option *option))
{
	const struct completion_walk walk = { command, say };
	static const struct argp_option help = { "help", '?', NULL, 0, "give this help list", 0 };

	walk_parser(&walk, command->argp());
	say(&walk, &help);
}

bool completion_has_letter(const struct argp_option *option)
{
	return option->key > ' ' && option->key <= '~' && option->key != '?';
}

/* Text within single quotes of any of the shells; `special` is escaped by a backslash as well. */
void completion_print_quoted(const char *text, const char *special)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", stdout);
		else if (strchr(special, *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

/* What the scripts of sh's kin ask madvisor for. */
void completion_print_names(void)
{
	fputs("_madvisor_names()\n"
	      "{\n"
	      "\tcase $1 in\n"
	      "\tcases) madvisor list cases --names ;;\n"
	      "\tcontenders) madvisor list allocators --names; echo self ;;\n"
	      "\tsettings) madvisor list settings --names | sort -u ;;\n"
	      "\tsuites) COLUMNS= madvisor list cases | awk 'NR > 1 { print $2 }' | tr , '\\n' | sort -u ;;\n"
	      "\tprobes) echo auto; madvisor list probes --names ;;\n"
	      "\tlists) printf '%s\\n' allocators cases settings probes ;;\n"
	      "\tprogress) printf '%s\\n' auto always never ;;\n"
	      "\tpreferences) printf '%s\\n' balanced speed memory ;;\n"
	      "\tshells) printf '%s\\n' bash zsh fish ;;\n"
	      "\tformats) printf '%s\\n' text json ;;\n"
	      "\tesac 2>/dev/null\n"
	      "}\n\n",
	      stdout);
}
