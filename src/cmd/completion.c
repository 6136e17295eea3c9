/* SPDX-License-Identifier: MIT */
/* `madvisor completion SHELL`: what completes madvisor's commands, options and their values, made of the option tables. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "cmd/arguments.h"
#include "cmd/command.h"

/* What a word can be; the scripts ask madvisor for the names. */
enum values {
	VALUES_NONE,
	VALUES_FILES,
	VALUES_CASES,
	VALUES_CONTENDERS, /* separated by commas, with settings in brackets */
	VALUES_SUITES,
	VALUES_PROBES,
	VALUES_LISTS,
	VALUES_PROGRESS,
	VALUES_PREFERENCES,
	VALUES_SHELLS,
};

static const char *const value_names[] = {
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
};

/* Of options whose argument is a name. One called FILE is a file; others are not completed. */
static const struct {
	const char *option;
	enum values values;
} option_values[] = {
	{ "contenders", VALUES_CONTENDERS }, { "contender", VALUES_CONTENDERS },
	{ "baseline", VALUES_CONTENDERS },   { "compare-with", VALUES_CONTENDERS },
	{ "suite", VALUES_SUITES },          { "case", VALUES_CASES },
	{ "guard", VALUES_CASES },           { "probe", VALUES_PROBES },
	{ "progress", VALUES_PROGRESS },     { "prefer", VALUES_PREFERENCES },
	{ "against", VALUES_FILES },         { "baseline-build", VALUES_FILES },
	{ "build", VALUES_FILES },
};

/* Of the words of a command that belong to no option. */
static const struct {
	const char *command;
	enum values values;
} word_values[] = {
	{ "bench", VALUES_CASES },  { "list", VALUES_LISTS },        { "identify", VALUES_FILES },
	{ "report", VALUES_FILES }, { "completion", VALUES_SHELLS },
};

static enum values values_of(const struct argp_option *option)
{
	for (size_t i = 0; option->name && i < ARRAY_SIZE(option_values); i++)
		if (!strcmp(option->name, option_values[i].option))
			return option_values[i].values;
	return option->arg && !strcmp(option->arg, "FILE") ? VALUES_FILES : VALUES_NONE;
}

static enum values values_of_words(const char *command)
{
	for (size_t i = 0; i < ARRAY_SIZE(word_values); i++)
		if (!strcmp(command, word_values[i].command))
			return word_values[i].values;
	return VALUES_NONE;
}

/* Calls say() for every option of a command. */
struct walk {
	const struct command_entry *command;
	void (*say)(const struct walk *walk, const struct argp_option *option);
};

static void walk_parser(const struct walk *walk, const struct argp *argp)
{
	for (const struct argp_option *o = argp->options;
	     o && (o->key || o->name || o->doc || o->group); o++)
		if (o->name && !(o->flags & (OPTION_DOC | OPTION_HIDDEN | OPTION_ALIAS)))
			walk->say(walk, o);
	for (const struct argp_child *child = argp->children; child && child->argp; child++)
		walk_parser(walk, child->argp);
}

static void walk_options(const struct command_entry *command,
			 void (*say)(const struct walk *walk, const struct argp_option *option))
{
	const struct walk walk = { command, say };
	static const struct argp_option help = { "help", '?', NULL, 0, "give this help list", 0 };

	walk_parser(&walk, command->argp());
	say(&walk, &help);
}

static bool has_letter(const struct argp_option *option)
{
	return option->key > ' ' && option->key <= '~' && option->key != '?';
}

/* Text within single quotes of any of the shells; `special` is escaped by a backslash as well. */
static void print_quoted(const char *text, const char *special)
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
static void print_values_function(void)
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
	      "\tesac 2>/dev/null\n"
	      "}\n\n",
	      stdout);
}

/* --- bash */

static void bash_name(const struct walk *walk, const struct argp_option *option)
{
	(void)walk;
	printf(" --%s", option->name);
}

static void bash_argument(const struct walk *walk, const struct argp_option *option)
{
	(void)walk;
	if (!option->arg || (option->flags & OPTION_ARG_OPTIONAL))
		return;
	printf("\t\t--%s", option->name);
	if (has_letter(option))
		printf("|-%c", option->key);
	printf(") values=%s ;;\n", value_names[values_of(option)]);
}

static void print_bash(const struct command_entry *const *commands, size_t count)
{
	fputs("# bash completion of madvisor, made by `madvisor completion bash`.\n\n", stdout);
	print_values_function();
	fputs("# Names for the last of several separated by commas, or for a setting in brackets.\n"
	      "_madvisor_contenders()\n"
	      "{\n"
	      "\tlocal head kind=contenders\n"
	      "\tif [[ $1 == *\\[* && ${1##*\\[} != *\\]* ]]; then\n"
	      "\t\tkind=settings\n"
	      "\t\thead=${1%\"${1##*[\\[,]}\"}\n"
	      "\telse\n"
	      "\t\thead=${1%\"${1##*,}\"}\n"
	      "\tfi\n"
	      "\tmapfile -t COMPREPLY < <(compgen -P \"$head\" -W \"$(_madvisor_names $kind)\" -- \"${1#\"$head\"}\")\n"
	      "\tcompopt -o nospace\n"
	      "}\n\n"
	      "_madvisor()\n"
	      "{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options values i\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [ \"$COMP_CWORD\" = 1 ]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W '",
	      stdout);
	for (size_t i = 0; i < count; i++)
		printf("%s%s", i ? " " : "", commands[i]->name);
	fputs("' -- \"$cur\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
	      "\t\tif [ \"${COMP_WORDS[i]}\" = -- ]; then\n"
	      "\t\t\tmapfile -t COMPREPLY < <(compgen -c -- \"$cur\"; compgen -f -- \"$cur\")\n"
	      "\t\t\treturn\n"
	      "\t\tfi\n"
	      "\tdone\n"
	      "\t# --option=value is three words.\n"
	      "\tif [ \"$cur\" = = ]; then\n"
	      "\t\tcur=\n"
	      "\telif [ \"$prev\" = = ]; then\n"
	      "\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n"
	      "\tfi\n"
	      "\tcase ${COMP_WORDS[1]} in\n",
	      stdout);
	for (size_t i = 0; i < count; i++) {
		printf("\t%s)\n\t\toptions='", commands[i]->name);
		walk_options(commands[i], bash_name);
		fputs("'\n\t\tcase $prev in\n", stdout);
		walk_options(commands[i], bash_argument);
		printf("\t\t*) values=word:%s ;;\n\t\tesac ;;\n",
		       value_names[values_of_words(commands[i]->name)]);
	}
	fputs("\tesac\n"
	      "\tif [[ $values == word:* && $cur == -* ]]; then\n"
	      "\t\tmapfile -t COMPREPLY < <(compgen -W \"$options\" -- \"$cur\")\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase ${values#word:} in\n"
	      "\t'' | none) ;;\n"
	      "\tfiles) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\") ;;\n"
	      "\tcontenders) _madvisor_contenders \"$cur\" ;;\n"
	      "\t*) mapfile -t COMPREPLY < <(compgen -W \"$(_madvisor_names \"${values#word:}\")\" -- \"$cur\") ;;\n"
	      "\tesac\n"
	      "}\n"
	      "complete -F _madvisor madvisor\n",
	      stdout);
}

/* --- zsh */

static void zsh_action(enum values values)
{
	if (values == VALUES_FILES)
		fputs("_files", stdout);
	else if (values != VALUES_NONE)
		printf(" _madvisor_values %s", value_names[values]);
}

static void zsh_option(const struct walk *walk, const struct argp_option *option)
{
	bool takes = option->arg != NULL, optional = option->flags & OPTION_ARG_OPTIONAL;
	char letter[] = { '-', (char)option->key, '\0' };
	const char *const names[] = { option->name, has_letter(option) ? letter : NULL };

	(void)walk;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i])
			continue;
		printf(" \\\n\t\t\t'*%s%s%s[", i ? "" : "--", names[i],
		       !takes     ? ""
		       : i        ? "+"
		       : optional ? "=-"
				  : "=");
		print_quoted(option->doc, "[]\\");
		putchar(']');
		if (takes) {
			fputs(optional ? "::" : ":", stdout);
			print_quoted(option->arg, ":\\");
			putchar(':');
			zsh_action(values_of(option));
		}
		putchar('\'');
	}
}

static void print_zsh(const struct command_entry *const *commands, size_t count)
{
	fputs("#compdef madvisor\n"
	      "# zsh completion of madvisor, made by `madvisor completion zsh`.\n\n",
	      stdout);
	print_values_function();
	fputs("_madvisor_values()\n"
	      "{\n"
	      "\tlocal kind=$1\n"
	      "\tlocal -a names\n"
	      "\tif [[ $kind == contenders ]]; then\n"
	      "\t\tif compset -P '*\\['; then\n"
	      "\t\t\tkind=settings\n"
	      "\t\tfi\n"
	      "\t\tcompset -P '*,'\n"
	      "\tfi\n"
	      "\tnames=(${(f)\"$(_madvisor_names $kind)\"})\n"
	      "\tcompadd -a names\n"
	      "}\n\n"
	      "_madvisor()\n"
	      "{\n"
	      "\tlocal command\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
	      stdout);
	for (size_t i = 0; i < count; i++) {
		printf("\t\t'%s:", commands[i]->name);
		print_quoted(commands[i]->description, ":\\");
		fputs("'\n", stdout);
	}
	fputs("\t)\n"
	      "\tif (( CURRENT == 2 )); then\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tif (( ${words[(i)--]} < CURRENT )); then\n"
	      "\t\tshift ${words[(i)--]} words\n"
	      "\t\tCURRENT=$#words\n"
	      "\t\t_normal\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcommand=$words[2]\n"
	      "\tshift words\n"
	      "\t(( CURRENT-- ))\n"
	      "\tcase $command in\n",
	      stdout);
	for (size_t i = 0; i < count; i++) {
		printf("\t%s)\n\t\t_arguments", commands[i]->name);
		walk_options(commands[i], zsh_option);
		fputs(" \\\n\t\t\t'*:word:", stdout);
		zsh_action(values_of_words(commands[i]->name));
		fputs("' ;;\n", stdout);
	}
	fputs("\tesac\n"
	      "}\n\n"
	      "if [ \"$funcstack[1]\" = _madvisor ]; then\n"
	      "\t_madvisor \"$@\"\n"
	      "else\n"
	      "\tcompdef _madvisor madvisor\n"
	      "fi\n",
	      stdout);
}

/* --- fish */

static void fish_values(enum values values)
{
	if (values == VALUES_FILES)
		fputs(" -F", stdout);
	else if (values != VALUES_NONE)
		printf(" -a '(__madvisor_values %s)'", value_names[values]);
}

static void fish_option(const struct walk *walk, const struct argp_option *option)
{
	printf("complete -c madvisor -n '__fish_seen_subcommand_from %s' -l %s",
	       walk->command->name, option->name);
	if (has_letter(option))
		printf(" -s %c", option->key);
	if (option->arg && !(option->flags & OPTION_ARG_OPTIONAL)) {
		fputs(" -r", stdout);
		fish_values(values_of(option));
	}
	fputs(" -d '", stdout);
	for (const char *s = option->doc; *s; s++) {
		if (strchr("'\\", *s))
			putchar('\\');
		putchar(*s);
	}
	fputs("'\n", stdout);
}

static void print_fish(const struct command_entry *const *commands, size_t count)
{
	fputs("# fish completion of madvisor, made by `madvisor completion fish`.\n\n"
	      "function __madvisor_names\n"
	      "    switch $argv[1]\n"
	      "        case cases\n            madvisor list cases --names\n"
	      "        case contenders\n            madvisor list allocators --names\n            echo self\n"
	      "        case settings\n            madvisor list settings --names | sort -u\n"
	      "        case suites\n"
	      "            env COLUMNS= madvisor list cases | awk 'NR > 1 { print $2 }' | tr , '\\n' | sort -u\n"
	      "        case probes\n            echo auto\n            madvisor list probes --names\n"
	      "        case lists\n            printf '%s\\n' allocators cases settings probes\n"
	      "        case progress\n            printf '%s\\n' auto always never\n"
	      "        case preferences\n            printf '%s\\n' balanced speed memory\n"
	      "        case shells\n            printf '%s\\n' bash zsh fish\n"
	      "    end 2>/dev/null\n"
	      "end\n\n"
	      "# Names for the last of several separated by commas, or for a setting in brackets.\n"
	      "function __madvisor_values\n"
	      "    set -l kind $argv[1]\n"
	      "    set -l head ''\n"
	      "    if test $kind = contenders\n"
	      "        set -l word (commandline -ct | string replace -r '^--[a-z-]+=' '')\n"
	      "        if string match -qr '\\[[^\\]]*$' -- $word\n"
	      "            set kind settings\n"
	      "            set head (string replace -r '[^\\[,]*$' '' -- $word)\n"
	      "        else\n"
	      "            set head (string replace -r '[^,]*$' '' -- $word)\n"
	      "        end\n"
	      "    end\n"
	      "    for name in (__madvisor_names $kind)\n"
	      "        echo $head$name\n"
	      "    end\n"
	      "end\n\n"
	      "complete -c madvisor -f\n",
	      stdout);
	for (size_t i = 0; i < count; i++) {
		printf("complete -c madvisor -n __fish_use_subcommand -a %s -d '",
		       commands[i]->name);
		print_quoted(commands[i]->description, "");
		fputs("'\n", stdout);
	}
	for (size_t i = 0; i < count; i++) {
		enum values values = values_of_words(commands[i]->name);

		if (values != VALUES_NONE) {
			printf("complete -c madvisor -n '__fish_seen_subcommand_from %s'",
			       commands[i]->name);
			fish_values(values);
			putchar('\n');
		} else if (commands[i]->takes_command) {
			printf("complete -c madvisor -n '__fish_seen_subcommand_from %s; and contains -- -- "
			       "(commandline -opc)' -F -a '(__fish_complete_command)'\n",
			       commands[i]->name);
		}
		walk_options(commands[i], fish_option);
	}
}

static const struct {
	const char *name;
	void (*print)(const struct command_entry *const *commands, size_t count);
} shells[] = {
	{ "bash", print_bash },
	{ "zsh", print_zsh },
	{ "fish", print_fish },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	const char **shell = state->input;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	if (*shell)
		argp_error(state, "one shell at a time");
	*shell = arg;
	return 0;
}

static const struct argp *completion_argp(void)
{
	static const struct argp argp = {
		.parser = parse_option,
		.args_doc = "bash|zsh|fish",
		.doc = "Prints what completes madvisor's commands, options, cases, contenders and settings in "
		       "that shell: source <(madvisor completion bash).",
	};

	return &argp;
}

static int completion_main(int argc, char **argv)
{
	const char *shell = NULL;
	struct error err = ERROR_INIT;
	size_t count;
	const struct command_entry *const *commands = command_table(&count);

	arguments_parse(completion_argp(), argc, argv, 0, &shell);
	for (size_t i = 0; shell && i < ARRAY_SIZE(shells); i++)
		if (!strcmp(shells[i].name, shell)) {
			shells[i].print(commands, count);
			return EXIT_DONE;
		}
	error_set(&err, ERROR_USAGE, EINVAL, shell ? "no such shell: %s" : "for which shell?%s",
		  shell ? shell : "");
	error_hint(&err, "there are: bash, zsh, fish");
	return command_fail(&err);
}

const struct command_entry command_completion = {
	"completion",    "what completes madvisor's words in bash, zsh or fish",
	completion_main, completion_argp,
	false,
};
