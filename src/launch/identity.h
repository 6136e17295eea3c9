/* SPDX-License-Identifier: MIT */
/*
 * launch/identity: as whom a measured program runs.
 *
 * madvisor may run as root for the sake of its probes; a measured program does not, unless the user
 * who called is root or --user says so. Under sudo, doas or pkexec it runs as who called them (base/caller), and so do
 * the commands beside it.
 *
 * Whoever becomes another user gets what a login would give: HOME, USER, LOGNAME and SHELL of the user database. PATH
 * is taken over, except for one that has root's folders alone, as sudo's secure_path has: there the user's own is not
 * known, and PATH is what /etc/login.defs (ENV_PATH) gives to everybody at login.
 */
#ifndef MADVISOR_LAUNCH_IDENTITY_H
#define MADVISOR_LAUNCH_IDENTITY_H

#include <stdbool.h>

#include "base/error.h"
#include "base/rights.h"

struct identity {
	bool change; /* false: run as madvisor does; the rest is empty */
	struct rights rights;
	char **environment; /* of madvisor, with that user's home and so on; NULL-terminated, owned */
};

/*
 * user: name or number from --user, NULL for the rule above. ERROR_USAGE for an unknown user,
 * ERROR_MACHINE where madvisor may not become that user.
 */
int identity_resolve(const char *user, struct identity *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));

/* In a forked child: becomes that user for good. Negative errno. Async-signal-safe. */
int identity_assume(const struct identity *identity) __attribute__((nonnull, warn_unused_result));

/* What the user's programs inherit, before any contender's changes. Borrowed. */
char *const *identity_environment(const struct identity *identity)
	__attribute__((nonnull, returns_nonnull));

/*
 * The folders that a user finds commands in whose PATH is `path` under sudo: see above. `login_defs` is the text of
 * /etc/login.defs, NULL where there is none. Caller frees.
 */
char *identity_path(const char *path, const char *login_defs)
	__attribute__((returns_nonnull, warn_unused_result));

void identity_release(struct identity *identity);

#endif
