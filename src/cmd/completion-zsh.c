/* SPDX-License-Identifier: MIT */
#include "cmd/completion-internal.h"

#include <stdio.h>

#include "base/array.h"

static void zsh_action(enum completion_values values)
{
	if (values == VALUES_FILES)
		fputs("_files", stdout);
	else if (values != VALUES_NONE)
		printf(" _madvisor_values %s", completion_value_names[values]);
}

static void zsh_option(const struct completion_walk *walk, const struct argp_option *option)
{
	bool takes = option->arg != NULL, optional = option->flags & OPTION_ARG_OPTIONAL;
	char letter[] = { '-', (char)option->key, '\0' };
	const char *const names[] = { option->name, completion_has_letter(option) ? letter : NULL };

	(void)walk;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!names[i])
			continue;
		printf(" \\\n\t\t\t'*%s%s%s[", i ? "" : "--", names[i],
		       !takes     ? ""
		       : i        ? "+"
		       : optional ? "=-"
				  : "=");
		completion_print_quoted(option->doc, "[]\\");
		putchar(']');
		if (takes) {
			fputs(optional ? "::" : ":", stdout);
			completion_print_quoted(option->arg, ":\\");
			putchar(':');
			zsh_action(completion_values_of(option));
		}
		putchar('\'');
	}
}

void completion_print_zsh(const struct command_entry *const *commands, size_t count)
{
	fputs("#compdef madvisor\n"
	      "# zsh completion of madvisor, made by `madvisor completion zsh`.\n\n",
	      stdout);
	completion_print_names();
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
		completion_print_quoted(commands[i]->description, ":\\");
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
		completion_walk(commands[i], zsh_option);
		fputs(" \\\n\t\t\t'*:word:", stdout);
		zsh_action(completion_values_of_words(commands[i]->name));
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
