/* SPDX-License-Identifier: MIT */
/*
 * launch/identity: the user that a measured program runs as.
 *
 * madvisor may run as root for its probes; a measured program runs as root only if the calling user
 * is root or --user says so. Under sudo, doas or pkexec it runs as the user who called them
 * (base/caller), and so do the commands beside it.
 *
 * A change of user sets HOME, USER, LOGNAME and SHELL from the user database, as a login does. PATH
 * is kept, unless it has only root's folders, like sudo's secure_path: the user's own PATH is then
 * unknown, and ENV_PATH of /etc/login.defs, the default at login, is used.
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
 * ERROR_MACHINE if madvisor may not become that user.
 */
int identity_resolve(const char *user, struct identity *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));

/* In a forked child: becomes that user for good. Negative errno. Async-signal-safe. */
int identity_assume(const struct identity *identity) __attribute__((nonnull, warn_unused_result));

/* The environment that the user's programs inherit, before a contender's changes. Borrowed. */
char *const *identity_environment(const struct identity *identity)
	__attribute__((nonnull, returns_nonnull));

/*
 * The PATH of a user whose PATH under sudo is `path`: see above. `login_defs` is the text of
 * /etc/login.defs, or NULL if that file is missing. Caller frees.
 */
char *identity_path(const char *path, const char *login_defs)
	__attribute__((returns_nonnull, warn_unused_result));

void identity_release(struct identity *identity);

#endif
