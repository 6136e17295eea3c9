/* SPDX-License-Identifier: MIT */
/* `madvisor completion SHELL`: what completes madvisor's commands, options and their values, made of the option tables. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "cmd/arguments.h"
#include "cmd/command.h"
#include "cmd/completion-internal.h"

static const struct {
	const char *name;
	void (*print)(const struct command_entry *const *commands, size_t count);
} shells[] = {
	{ "bash", completion_print_bash },
	{ "zsh", completion_print_zsh },
	{ "fish", completion_print_fish },
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
