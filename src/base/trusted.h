/* SPDX-License-Identifier: MIT */
/*
 * base/trusted: checks which users could change a file before it is loaded.
 *
 * A user who can write the file, a folder of its path, or a folder with a symbolic link of its
 * path, controls the code. World-writable is unsafe, except for other users' entries in a sticky
 * folder (inode(7)). Group-writable is unsafe if the group has untrusted members (getgrnam(3)), or
 * an access control list (acl(5)) grants more than the mode shows.
 */
#ifndef MADVISOR_BASE_TRUSTED_H
#define MADVISOR_BASE_TRUSTED_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/strbuf.h"

/*
 * Whether only root and `uid` can write the file and its path. If not, or if it is unknown (no such
 * file), appends the reason to `why` (may be NULL): "/home/eve can be written by user eve"; paths
 * are escaped.
 */
bool trusted_path(const char *path, uid_t uid, struct strbuf *why)
	__attribute__((nonnull(1), warn_unused_result));

#endif
