/* SPDX-License-Identifier: MIT */
#include <argp.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/slip.h"
#include "base/start.h"
#include "cmd/command.h"

/* Of the source: src/commit.c.in. */
extern const char madvisor_commit[];

static const struct command_entry *const commands[] = {
	&command_bench, &command_compare, &command_explain, &command_tune,       &command_identify,
	&command_list,  &command_doctor,  &command_report,  &command_completion,
};

static void print_help(FILE *out)
{
	fputs("Usage: madvisor COMMAND [OPTION...]\n"
	      "Finds out whether a program fights its memory allocator's settings, what that costs,\n"
	      "and what to set instead: by measurement.\n\nCommands:\n",
	      out);
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->description);
	fputs("\n`madvisor COMMAND --help` says more; so does `man madvisor`. `madvisor version` tells\n"
	      "which one this is.\n",
	      out);
}

static const struct command_entry *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static int run_command(const char *name, int argc, char **argv)
{
	const struct command_entry *command = find_command(name);

	command_set_table(commands, ARRAY_SIZE(commands));

	if (!command) {
		_cleanup_error_ struct error err = ERROR_INIT;

		error_set(&err, ERROR_USAGE, EINVAL, "no such command: %s", name);
		struct slip slip;

		slip_init(&slip, name);
		for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
			slip_consider(&slip, commands[i]->name);
		if (slip.best)
			error_hint(&err, "did you mean %s? `madvisor --help` lists the commands",
				   slip.best);
		else
			error_hint(&err, "`madvisor --help` lists the commands");
		return command_fail(&err);
	}
	_cleanup_free_ char *full_name = xasprintf("madvisor %s", name);
	argv[0] = full_name;
	return command->run(argc, argv);
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return ERROR_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V") ||
	    (!strcmp(argv[1], "version") && argc == 2)) {
		printf("madvisor " MADVISOR_VERSION "\n"
		       "commit:   %s\n"
		       "features: " MADVISOR_FEATURES "\n",
		       madvisor_commit);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") ||
	    (!strcmp(argv[1], "help") && argc == 2)) {
		print_help(stdout);
		return EXIT_DONE;
	}
	if (!strcmp(argv[1], "help")) {
		char *help_argv[] = { argv[1], (char[]){ "--help" }, NULL };

		return run_command(argv[2], 2, help_argv);
	}
	return run_command(argv[1], argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
	start_put_right();
	setlocale(LC_CTYPE, "");
	argp_err_exit_status = ERROR_USAGE;
	int status = run(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	fprintf(stderr, "madvisor: cannot write to standard output: %s\n", strerror(errno));
	return status ? status : (int)ERROR_MACHINE;
}
