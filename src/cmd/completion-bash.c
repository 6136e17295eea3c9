/* SPDX-License-Identifier: MIT */
#include "cmd/completion-internal.h"

#include <stdio.h>

static void bash_name(const struct completion_walk *walk, const struct argp_option *option)
{
	(void)walk;
	printf(" --%s", option->name);
}

static void bash_argument(const struct completion_walk *walk, const struct argp_option *option)
{
	(void)walk;
	if (!option->arg || (option->flags & OPTION_ARG_OPTIONAL))
		return;
	printf("\t\t--%s", option->name);
	if (completion_has_letter(option))
		printf("|-%c", option->key);
	printf(") values=%s ;;\n", completion_value_names[completion_values_of(option)]);
}

void completion_print_bash(const struct command_entry *const *commands, size_t count)
{
	fputs("# bash completion of madvisor, made by `madvisor completion bash`.\n\n", stdout);
	completion_print_names();
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
		completion_walk(commands[i], bash_name);
		fputs("'\n\t\tcase $prev in\n", stdout);
		completion_walk(commands[i], bash_argument);
		printf("\t\t*) values=word:%s ;;\n\t\tesac ;;\n",
		       completion_value_names[completion_values_of_words(commands[i]->name)]);
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
