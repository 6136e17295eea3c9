/* SPDX-License-Identifier: MIT */
/*
 * report/paste: settings of the environment as a shell takes them. Values come from the environment
 * of a target and from documents, which are not trusted: a copied line must set values and do
 * nothing else.
 */
#ifndef MADVISOR_REPORT_PASTE_H
#define MADVISOR_REPORT_PASTE_H

#include <stdbool.h>

#include "report/production.h"

/*
 * Appends "NAME='value' NAME='value'", a line that sets the variables of `env` ("NAME=value", NULL-terminated) and does
 * nothing else. False, with nothing appended, where one of them cannot be shown as it is.
 */
bool paste_line(const struct production *production, char *const *env, struct strbuf *sb)
	__attribute__((nonnull));

/*
 * Appends one assignment for a sentence: quoted, or, where it cannot be shown, as data that says so: "NAME=value (escaped: not
 * to be copied)".
 */
void paste_in_words(const struct production *production, const char *assignment, struct strbuf *sb)
	__attribute__((nonnull));

/* Says the line that sets the variables of `env`, to be copied, or that there is none to copy and why. */
void say_line_to_copy(const struct production *production, char *const *env)
	__attribute__((nonnull));

#endif
