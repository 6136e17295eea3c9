/* SPDX-License-Identifier: MIT */
/*
 * cmd/arguments: argp's parsing without abbreviated options, and with -h.
 *
 * getopt_long(3) takes `--round` for `--rounds`: a slip of the finger then starts minutes of
 * measuring, and a script breaks by the next option that begins alike. glibc has no switch for it.
 */
#ifndef MADVISOR_CMD_ARGUMENTS_H
#define MADVISOR_CMD_ARGUMENTS_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* argp_parse(3); an abbreviated or mistyped long option ends madvisor as a usage error does. -h is --help. */
void arguments_parse(const struct argp *argp, int argc, char **argv, unsigned flags, void *input);

/*
 * The first word of argv that abbreviates or mistypes a long option of argp or of its children, or one of
 * argp's own (--help, --usage); *option, static or argp's, is that option's name. NULL if there is
 * none. Knows which words are arguments of options; with ARGP_IN_ORDER stops where those of a
 * command begin.
 */
const char *arguments_mistaken(const struct argp *argp, int argc, char *const *argv, unsigned flags,
			       const char **option);

/* What has to hold of options together, and what is said where it does not. */
struct argument_rule {
	bool holds;
	const char *message, *hint;
};

/* -EINVAL and ERROR_USAGE at the first rule that does not hold. */
int arguments_check(const struct argument_rule *rules, size_t count, struct error *err)
	__attribute__((nonnull(1)));

#endif
