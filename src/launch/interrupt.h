/* SPDX-License-Identifier: MIT */
/*
 * launch/interrupt: the user's Ctrl-C, turned into something a poll loop can see.
 *
 * After interrupt_install() the first SIGINT, SIGTERM or SIGHUP only raises a flag, so that what was
 * measured can be saved; a second one ends madvisor at once. A SIGHUP that was ignored before stays
 * ignored (nohup(1)). One per process.
 */
#ifndef MADVISOR_LAUNCH_INTERRUPT_H
#define MADVISOR_LAUNCH_INTERRUPT_H

#include <stdbool.h>

#include "base/error.h"

/* -errno when no event descriptor can be had. */
int interrupt_install(struct error *err) __attribute__((warn_unused_result));
/* Readable once a signal came; never to be read or closed by the caller. -1 before the install. */
int interrupt_fd(void);
bool interrupt_pending(void);
/* The signal that came, or 0. */
int interrupt_signal(void);

#endif
