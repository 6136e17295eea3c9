/* SPDX-License-Identifier: MIT */
#include "launch/identity.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/units.h"
#include "base/xalloc.h"

static void take_entry(struct identity *identity, const struct passwd *entry)
{
	identity->uid = entry->pw_uid;
	identity->gid = entry->pw_gid;
	identity->name = xstrdup(entry->pw_name);
	identity->home = xstrdup(entry->pw_dir);
}

/* The user who called sudo, if it was one, and not root. */
static void from_sudo(struct identity *identity)
{
	const char *uid_text = getenv("SUDO_UID"), *gid_text = getenv("SUDO_GID");
	uint64_t uid, gid;

	if (geteuid() != 0 || !uid_text || !gid_text || parse_u64(uid_text, &uid) < 0 ||
	    parse_u64(gid_text, &gid) < 0 || uid == 0 || uid >= UINT32_MAX || gid >= UINT32_MAX)
		return;
	struct passwd *entry = getpwuid((uid_t)uid);
	if (entry)
		take_entry(identity, entry);
	identity->uid = (uid_t)uid;
	identity->gid = (gid_t)gid;
	identity->change = true;
}

int identity_resolve(const char *user, struct identity *ret, struct error *err)
{
	uint64_t uid;

	*ret = (struct identity){ 0 };
	if (!user) {
		from_sudo(ret);
		return 0;
	}
	struct passwd *entry = getpwnam(user);
	if (!entry && parse_u64(user, &uid) == 0 && uid < UINT32_MAX)
		entry = getpwuid((uid_t)uid);
	if (!entry) {
		error_set(err, ERROR_USAGE, EINVAL, "no such user: %s", user);
		error_hint(err, "`getent passwd` lists the users of this machine");
		return -EINVAL;
	}
	take_entry(ret, entry);
	ret->change = ret->uid != geteuid();
	if (ret->change && geteuid() != 0) {
		error_set(err, ERROR_MACHINE, EPERM, "only root can run a program as user %s",
			  user);
		error_hint(err, "call madvisor through sudo, or leave --user out");
		identity_release(ret);
		return -EPERM;
	}
	return 0;
}

int identity_assume(const struct identity *identity)
{
	if (!identity->change)
		return 0;
	int r = identity->name ? initgroups(identity->name, identity->gid) : setgroups(0, NULL);
	if (r < 0 || setresgid(identity->gid, identity->gid, identity->gid) < 0 ||
	    setresuid(identity->uid, identity->uid, identity->uid) < 0)
		return -errno;
	return 0;
}

void identity_release(struct identity *identity)
{
	if (!identity)
		return;
	free(identity->name);
	free(identity->home);
	*identity = (struct identity){ 0 };
}
