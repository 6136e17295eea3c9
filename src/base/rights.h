/* SPDX-License-Identifier: MIT */
/*
 * base/rights: a user and groups that a child process takes on irrevocably.
 *
 * Sources: credentials(7), capabilities(7), setresuid(2).
 */
#ifndef MADVISOR_BASE_RIGHTS_H
#define MADVISOR_BASE_RIGHTS_H

#include <stddef.h>
#include <sys/types.h>

struct rights {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary ones; owned */
	size_t group_count;
};

#define _cleanup_rights_ __attribute__((cleanup(rights_release)))

/* User nobody: uid and gid 65534 (kernel: DEFAULT_OVERFLOWUID), no groups. Nothing to release. */
extern const struct rights rights_nobody;

/* A user with all of their groups, from the user database; without an entry there, the gid given and no groups. */
void rights_of_user(uid_t uid, gid_t gid, struct rights *ret) __attribute__((nonnull));

/*
 * In a forked child: sets the real, effective and saved ids to that user. Does nothing in a process
 * that is not root. Negative errno.
 */
int rights_assume(const struct rights *rights) __attribute__((nonnull, warn_unused_result));

void rights_release(struct rights *rights);

#endif
