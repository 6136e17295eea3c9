/* SPDX-License-Identifier: MIT */
/* cmd/identify-show: what `madvisor identify` says of a target, in some lines or in one. */
#ifndef MADVISOR_CMD_IDENTIFY_SHOW_H
#define MADVISOR_CMD_IDENTIFY_SHOW_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "identify/identify.h"

/* Texts of the target are escaped. verbose: with the evidence. */
void identify_show(const struct identification *target, bool verbose, struct strbuf *out)
	__attribute__((nonnull));
/* A process in one line: its number, program, heaps, what is set, and what has no effect. */
void identify_show_line(const struct identification *target, struct strbuf *out)
	__attribute__((nonnull));

#endif
