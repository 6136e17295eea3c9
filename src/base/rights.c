/* SPDX-License-Identifier: MIT */
#include "base/rights.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xalloc.h"

enum { NOBODY = 65534, GROUPS_MAX = 65536 };

const struct rights rights_nobody = { .uid = NOBODY, .gid = NOBODY };

void rights_of_user(uid_t uid, gid_t gid, struct rights *ret)
{
	const struct passwd *entry = getpwuid(uid);
	int count = 64;

	*ret = (struct rights){ .uid = uid, .gid = gid };
	if (!entry)
		return;
	ret->groups = xcalloc((size_t)count, sizeof(*ret->groups));
	if (getgrouplist(entry->pw_name, gid, ret->groups, &count) < 0) {
		if (count > GROUPS_MAX)
			count = GROUPS_MAX;
		ret->groups = xreallocarray(ret->groups, (size_t)count, sizeof(*ret->groups));
		if (getgrouplist(entry->pw_name, gid, ret->groups, &count) < 0)
			count = 0;
	}
	ret->group_count = (size_t)count;
}

int rights_assume(const struct rights *rights)
{
	if (geteuid() != 0)
		return 0;
	if (setgroups(rights->group_count, rights->groups) < 0 ||
	    setresgid(rights->gid, rights->gid, rights->gid) < 0 ||
	    setresuid(rights->uid, rights->uid, rights->uid) < 0)
		return -errno;
	return 0;
}

void rights_release(struct rights *rights)
{
	if (!rights)
		return;
	free(rights->groups);
	*rights = (struct rights){ 0 };
}
