/* SPDX-License-Identifier: MIT */
#include "launch/identity.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/array.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"

#define LOGIN_DEFS "/etc/login.defs"
#define LOGIN_DEFS_MAX (1U << 20)

/* A user of the user database; missing fields are NULL. Borrowed. */
struct user {
	const char *name, *home, *shell;
};

/* Whether the path has only the folders of sudo's secure_path, as distributions set it. */
static bool is_of_root(const char *path)
{
	static const char *const folders[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin",
		"/sbin",           "/bin",           "/snap/bin", "/var/lib/snapd/snap/bin",
	};
	_cleanup_free_ char *copy = xstrdup(path);
	char *rest = copy, *folder;

	while ((folder = strsep(&rest, ":"))) {
		size_t i = 0;

		while (i < ARRAY_SIZE(folders) && strcmp(folder, folders[i]) != 0)
			i++;
		if (i == ARRAY_SIZE(folders))
			return false;
	}
	return true;
}

/*
 * The value of ENV_PATH without its "PATH=" (login.defs(5)). Caller frees; NULL if it is not set.
 */
static char *find_login_path(const char *login_defs)
{
	_cleanup_free_ char *copy = xstrdup(login_defs);
	char *rest = copy, *line, *found = NULL;

	while (!found && (line = strsep(&rest, "\n"))) {
		char *words = line;
		const char *key = NULL, *value = NULL;

		while (words && (!key || !*key))
			key = strsep(&words, " \t");
		while (words && (!value || !*value))
			value = strsep(&words, " \t");
		if (!key || strcmp(key, "ENV_PATH") != 0 || !value)
			continue;
		value += strncmp(value, "PATH=", 5) ? 0 : 5;
		found = *value ? xstrdup(value) : NULL;
	}
	return found;
}

char *identity_path(const char *path, const char *login_defs)
{
	char standard[256];

	if (path && !is_of_root(path))
		return xstrdup(path);
	char *found = login_defs ? find_login_path(login_defs) : NULL;
	if (found)
		return found;
	size_t len = confstr(_CS_PATH, standard, sizeof(standard));
	return xasprintf("/usr/local/bin:%s",
			 len && len <= sizeof(standard) ? standard : "/usr/bin:/bin");
}

/* The environment of that user's programs. Free with strv_free(). */
static char **make_environment(const struct user *user)
{
	_cleanup_strbuf_ struct strbuf login_defs = STRBUF_INIT;
	bool is_there = strbuf_read_file(&login_defs, LOGIN_DEFS, LOGIN_DEFS_MAX) == 0;
	_cleanup_free_ char *path = identity_path(getenv("PATH"), is_there ? login_defs.buf : NULL);
	_cleanup_free_ char *home = xasprintf("HOME=%s", user->home ? user->home : "/");
	_cleanup_free_ char *shell = xasprintf("SHELL=%s", user->shell ? user->shell : "/bin/sh");
	_cleanup_free_ char *folders = xasprintf("PATH=%s", path);
	_cleanup_free_ char *name = user->name ? xasprintf("USER=%s", user->name) : xstrdup("USER");
	_cleanup_free_ char *login =
		user->name ? xasprintf("LOGNAME=%s", user->name) : xstrdup("LOGNAME");
	const char *const changes[] = { home, shell, folders, name, login, NULL };

	return environment_with(environ, changes);
}

static void become(struct identity *identity, uid_t uid, gid_t gid, const struct user *user)
{
	identity->change = true;
	rights_of_user(uid, gid, &identity->rights);
	identity->environment = make_environment(user);
}

static void become_caller(struct identity *identity)
{
	const struct caller *caller = caller_get();

	if (caller->elevated)
		become(identity, caller->rights.uid, caller->rights.gid,
		       &(struct user){ caller->name, caller->home, caller->shell });
}

/* rights_of_user() asks the user database again, and so overwrites the entry. */
static void become_entry(struct identity *identity, const struct passwd *entry)
{
	_cleanup_free_ char *name = xstrdup(entry->pw_name), *home = xstrdup(entry->pw_dir),
			    *shell = xstrdup(entry->pw_shell);

	become(identity, entry->pw_uid, entry->pw_gid,
	       &(struct user){ name, *home ? home : NULL, *shell ? shell : NULL });
}

int identity_resolve(const char *user, struct identity *ret, struct error *err)
{
	uint64_t uid;

	*ret = (struct identity){ 0 };
	if (!user) {
		become_caller(ret);
		return 0;
	}
	const struct passwd *entry = getpwnam(user);
	if (!entry && parse_u64(user, &uid) == 0 && uid < UINT32_MAX)
		entry = getpwuid((uid_t)uid);
	if (!entry) {
		error_set(err, ERROR_USAGE, EINVAL, "no such user: %s", user);
		error_hint(err, "`getent passwd` lists the users of this machine");
		return -EINVAL;
	}
	if (entry->pw_uid == geteuid())
		return 0;
	if (geteuid() != 0) {
		error_set(err, ERROR_MACHINE, EPERM, "only root can run a program as user %s",
			  user);
		error_hint(err, "call madvisor through sudo, or leave --user out");
		return -EPERM;
	}
	become_entry(ret, entry);
	return 0;
}

int identity_assume(const struct identity *identity)
{
	return identity->change ? rights_assume(&identity->rights) : 0;
}

char *const *identity_environment(const struct identity *identity)
{
	return identity->environment ? identity->environment : environ;
}

void identity_release(struct identity *identity)
{
	if (!identity)
		return;
	rights_release(&identity->rights);
	strv_free(identity->environment);
	*identity = (struct identity){ 0 };
}
