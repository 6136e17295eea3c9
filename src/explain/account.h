/* SPDX-License-Identifier: MIT */
/* explain/account: the account of a program's kernel time, whether it is worth looking into or not. */
#ifndef MADVISOR_EXPLAIN_ACCOUNT_H
#define MADVISOR_EXPLAIN_ACCOUNT_H

#include "base/strbuf.h"
#include "explain/subject.h"
#include "model/result.h"

/*
 * The allocator's kernel time in percent of CPU time; if not measured, all system time, an upper
 * bound. NAN if neither is known.
 */
double account_pct(const struct subject *subject) __attribute__((nonnull));

/* " on behalf of its allocator"; where it is known whose doing it is, " for memory: allocator 62%, …". */
void account_say_whose(const struct subject *subject, struct strbuf *text) __attribute__((nonnull));

/* "1.57 s in 552,310 page faults, 0.29 s in memory calls, of 3.05 s CPU time. Of the faults, …" */
void account_describe(const struct subject *subject, struct strbuf *text, struct finding *finding)
	__attribute__((nonnull));

#endif
