/* SPDX-License-Identifier: MIT */
/*
 * base/caller: the user on whose behalf madvisor runs.
 *
 * Root may run madvisor for another user: by sudo(8), which passes SUDO_UID and SUDO_GID, doas(1),
 * DOAS_USER, or pkexec(1), PKEXEC_UID. Then that user is the caller. Variables that name root or an
 * unknown user are ignored: root is the caller. A process that is not root ignores all of them.
 */
#ifndef MADVISOR_BASE_CALLER_H
#define MADVISOR_BASE_CALLER_H

#include <stdbool.h>

#include "base/rights.h"

struct caller {
	struct rights rights;
	bool elevated;                   /* madvisor is root, and another user called */
	const char *name, *home, *shell; /* from the user database; NULL if missing */
};

/* Determined at the first call, which must be outside of threads. Borrowed, never freed. */
const struct caller *caller_get(void) __attribute__((returns_nonnull));

#endif
