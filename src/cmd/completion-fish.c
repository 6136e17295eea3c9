/* SPDX-License-Identifier: MIT */
#include "cmd/completion-internal.h"

#include <stdio.h>
#include <string.h>

static void fish_values(enum completion_values values)
{
	if (values == VALUES_FILES)
		fputs(" -F", stdout);
	else if (values != VALUES_NONE)
		printf(" -a '(__madvisor_values %s)'", completion_value_names[values]);
}

static void fish_option(const struct completion_walk *walk, const struct argp_option *option)
{
	printf("complete -c madvisor -n '__fish_seen_subcommand_from %s' -l %s",
	       walk->command->name, option->name);
	if (completion_has_letter(option))
		printf(" -s %c", option->key);
	if (option->arg && !(option->flags & OPTION_ARG_OPTIONAL)) {
		fputs(" -r", stdout);
		fish_values(completion_values_of(option));
	}
	fputs(" -d '", stdout);
	for (const char *s = option->doc; *s; s++) {
		if (strchr("'\\", *s))
			putchar('\\');
		putchar(*s);
	}
	fputs("'\n", stdout);
}

void completion_print_fish(const struct command_entry *const *commands, size_t count)
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
	      "        case formats\n            printf '%s\\n' text json\n"
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
		completion_print_quoted(commands[i]->description, "");
		fputs("'\n", stdout);
	}
	for (size_t i = 0; i < count; i++) {
		enum completion_values values = completion_values_of_words(commands[i]->name);

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
		completion_walk(commands[i], fish_option);
	}
}
