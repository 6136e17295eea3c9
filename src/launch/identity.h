/* SPDX-License-Identifier: MIT */
/*
 * launch/identity: as whom a measured program runs.
 *
 * madvisor may run as root for the sake of its probes; a measured program does not, unless the user
 * who called is root or --user says so. Under sudo it runs as the user who called sudo (SUDO_UID,
 * SUDO_GID: sudo(8)).
 */
#ifndef MADVISOR_LAUNCH_IDENTITY_H
#define MADVISOR_LAUNCH_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/error.h"

struct identity {
	bool change; /* false: run as madvisor does */
	uid_t uid;
	gid_t gid;
	char *name; /* for the supplementary groups; owned, NULL where unknown */
	char *home; /* owned, NULL where unknown */
};

/*
 * user: name or number from --user, NULL for the rule above. ERROR_USAGE for an unknown user,
 * ERROR_MACHINE where madvisor may not become that user.
 */
int identity_resolve(const char *user, struct identity *ret, struct error *err)
	__attribute__((nonnull(2), warn_unused_result));

/* In a forked child: becomes that user for good. Negative errno; async-signal-safe enough for a fork. */
int identity_assume(const struct identity *identity) __attribute__((nonnull, warn_unused_result));

void identity_release(struct identity *identity);

#endif
