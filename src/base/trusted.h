/* SPDX-License-Identifier: MIT */
/*
 * base/trusted: who else could put code into a file that is about to be loaded.
 *
 * Whoever may write the file, a folder on its way, or a folder that holds a symbolic link on its way, decides what
 * runs. Everyone may write where the mode says so, but for entries of others in a folder with the sticky bit
 * (inode(7)). A group may write where it has members that are not trusted (getgrnam(3)), or an access control list
 * (acl(5)) says something that the mode does not tell.
 */
#ifndef MADVISOR_BASE_TRUSTED_H
#define MADVISOR_BASE_TRUSTED_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/strbuf.h"

/*
 * Whether only root and `uid` can write the file and all that leads to it. If not, or where it is not known (no such
 * file), appends why to `why` (may be NULL): "/home/eve can be written by user eve"; paths are escaped.
 */
bool trusted_path(const char *path, uid_t uid, struct strbuf *why)
	__attribute__((nonnull(1), warn_unused_result));

#endif
