/* SPDX-License-Identifier: MIT */
/*
 * cmd/command: one file per command, one row per command in main's table.
 *
 * A command parses its own arguments (argv[0] is "madvisor NAME"), prints, and returns the exit
 * status. Only main and these files print or exit.
 */
#ifndef MADVISOR_CMD_COMMAND_H
#define MADVISOR_CMD_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct argp;

struct command_entry {
	const char *name;
	const char *description; /* one line, lower case */
	int (*run)(int argc, char **argv);
	const struct argp *(*argp)(void); /* its options */
	bool takes_command;               /* behind -- */
};

/* The table of all commands, which main sets before it runs one of them. */
void command_set_table(const struct command_entry *const *table, size_t count)
	__attribute__((nonnull));
const struct command_entry *const *command_table(size_t *ret_count) __attribute__((nonnull));

extern const struct command_entry command_bench;
extern const struct command_entry command_compare;
extern const struct command_entry command_explain;
extern const struct command_entry command_tune;
extern const struct command_entry command_identify;
extern const struct command_entry command_list;
extern const struct command_entry command_doctor;
extern const struct command_entry command_report;
extern const struct command_entry command_completion;

enum exit_status {
	EXIT_DONE = 0,
	EXIT_FAIL_IF = 1,
	EXIT_UNDECIDED = 5, /* with --fail-if-unclear */
};

/* Prints "madvisor: message" and its hint to standard error; returns the exit status. Releases err. */
int command_fail(struct error *err);
/* The same as a warning: "madvisor: warning: …". Releases err. */
void command_warn(struct error *err);
/* The width of the terminal in columns; 80 if unknown. */
size_t terminal_columns(int fd);
/* The columns that output there may have: of the terminal; else as COLUMNS says; 0: any number. */
size_t output_columns(int fd);
/* "madvisor: note: …" on standard error. */
void command_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line on standard error; what it quotes is escaped. */
void command_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
