/* SPDX-License-Identifier: MIT */
/* Within cmd/completion: what the scripts of the shells are made of. They go to standard output. */
#ifndef MADVISOR_CMD_COMPLETION_INTERNAL_H
#define MADVISOR_CMD_COMPLETION_INTERNAL_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "cmd/command.h"

/* What a word can be; the scripts ask madvisor for the names. */
enum completion_values {
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
	VALUES_FORMATS,
};

/* By enum completion_values: the word that the scripts know them by. */
extern const char *const completion_value_names[];

/* What the argument of an option is, and a word that belongs to no option. */
enum completion_values completion_values_of(const struct argp_option *option)
	__attribute__((nonnull, pure));
enum completion_values completion_values_of_words(const char *command)
	__attribute__((nonnull, pure));

/* Calls say() for every option of a command, and for --help. */
struct completion_walk {
	const struct command_entry *command;
	void (*say)(const struct completion_walk *walk, const struct argp_option *option);
};
void completion_walk(const struct command_entry *command,
		     void (*say)(const struct completion_walk *walk,
				 const struct argp_option *option)) __attribute__((nonnull));

bool completion_has_letter(const struct argp_option *option) __attribute__((nonnull, pure));

/* Text within single quotes of sh and its kin; `special` is escaped by a backslash as well. */
void completion_print_quoted(const char *text, const char *special) __attribute__((nonnull));
/* A function of sh's kin that asks madvisor for names. */
void completion_print_names(void);

void completion_print_bash(const struct command_entry *const *commands, size_t count)
	__attribute__((nonnull));
void completion_print_zsh(const struct command_entry *const *commands, size_t count)
	__attribute__((nonnull));
void completion_print_fish(const struct command_entry *const *commands, size_t count)
	__attribute__((nonnull));

#endif
