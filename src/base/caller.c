/* SPDX-License-Identifier: MIT */
#include "base/caller.h"

#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/units.h"
#include "base/xalloc.h"

/* Reads a user's number from a variable; false if unset, invalid, root's, or (uid_t)-1. */
static bool number_from(const char *variable, uint64_t *ret)
{
	const char *text = getenv(variable);

	return text && parse_u64(text, ret) == 0 && *ret != 0 && *ret < UINT32_MAX;
}

/* The user behind sudo, doas or pkexec. */
static bool find_user(uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *entry;
	const char *name = getenv("DOAS_USER");
	uint64_t uid, gid;

	if (number_from("SUDO_UID", &uid) && number_from("SUDO_GID", &gid)) {
		*ret_uid = (uid_t)uid;
		*ret_gid = (gid_t)gid;
		return true;
	}
	if (number_from("PKEXEC_UID", &uid))
		entry = getpwuid((uid_t)uid);
	else
		entry = name ? getpwnam(name) : NULL;
	if (!entry || entry->pw_uid == 0)
		return false;
	*ret_uid = entry->pw_uid;
	*ret_gid = entry->pw_gid;
	return true;
}

static char *copy(const char *text)
{
	return text && *text ? xstrdup(text) : NULL;
}

static void fill(struct caller *caller)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	caller->elevated = geteuid() == 0 && find_user(&uid, &gid);
	rights_of_user(uid, gid, &caller->rights);
	const struct passwd *entry = getpwuid(uid);
	if (!entry)
		return;
	caller->name = copy(entry->pw_name);
	caller->home = copy(entry->pw_dir);
	caller->shell = copy(entry->pw_shell);
}

const struct caller *caller_get(void)
{
	static struct caller caller;
	static bool known;

	if (!known)
		fill(&caller);
	known = true;
	return &caller;
}
