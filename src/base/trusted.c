/* SPDX-License-Identifier: MIT */
#include "base/trusted.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"

/* The kernel's limit of symbolic links: path_resolution(7). */
#define LINKS_MAX 40

struct path_walk {
	uid_t uid;
	struct strbuf
		at; /* current position: "" for the root folder, else without a trailing slash */
	struct strbuf rest; /* the rest of the path */
	int links;
	struct strbuf *why;
};

static bool is_trusted_user(const struct path_walk *walk, uid_t uid)
{
	return uid == 0 || uid == walk->uid;
}

static bool refuse(const struct path_walk *walk, const char *who, const char *name)
{
	if (walk->why) {
		strbuf_add_escaped(walk->why, walk->at.len ? walk->at.buf : "/");
		strbuf_addf(walk->why, " can be written by %s", who);
		if (name)
			strbuf_add_escaped(walk->why, name);
	}
	return false;
}

static bool refuse_user(const struct path_walk *walk, uid_t uid)
{
	const struct passwd *entry = getpwuid(uid);
	char number[24];

	snprintf(number, sizeof(number), "%u", (unsigned)uid);
	return refuse(walk, "user ", entry ? entry->pw_name : number);
}

static bool refuse_unknown(const struct path_walk *walk, int code)
{
	if (walk->why) {
		strbuf_add_escaped(walk->why, walk->at.len ? walk->at.buf : "/");
		strbuf_addf(walk->why, ": %s", strerror(code));
	}
	return false;
}

/* Whether all members of the group are trusted users, by the user and group databases. */
static bool is_trusted_group(const struct path_walk *walk, gid_t gid)
{
	const struct group *group = gid ? getgrgid(gid) : NULL;

	if (gid == 0)
		return true;
	if (!group)
		return false;
	for (char **member = group->gr_mem; *member; member++) {
		const struct passwd *user = getpwnam(*member);

		if (!user || !is_trusted_user(walk, user->pw_uid))
			return false;
	}
	/* The group database does not list users who have it as their primary group. */
	const struct passwd *entry;
	bool trusted = true;
	setpwent();
	while (trusted && (entry = getpwent()))
		trusted = entry->pw_gid != gid || is_trusted_user(walk, entry->pw_uid);
	endpwent();
	return trusted;
}

/* The file or folder at the current position. */
static bool check_entry(const struct path_walk *walk, const struct stat *st)
{
	if (!is_trusted_user(walk, st->st_uid))
		return refuse_user(walk, st->st_uid);
	if (S_ISLNK(st->st_mode))
		return true; /* a link's mode is unused */
	bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);
	if ((st->st_mode & S_IWOTH) && !sticky)
		return refuse(walk, "everyone", NULL);
	if (!(st->st_mode & S_IWGRP) || sticky)
		return true;
	const char *path = walk->at.len ? walk->at.buf : "/";
	if (getxattr(path, "system.posix_acl_access", NULL, 0) > 0)
		return refuse(walk, "those in its access control list", NULL);
	if (is_trusted_group(walk, st->st_gid))
		return true;
	const struct group *group = getgrgid(st->st_gid);
	char number[24];
	snprintf(number, sizeof(number), "%u", (unsigned)st->st_gid);
	return refuse(walk, "group ", group ? group->gr_name : number);
}

/* Prepends a text to the rest of the path. */
static void put_back(struct path_walk *walk, const char *text)
{
	_cleanup_strbuf_ struct strbuf old = walk->rest;

	walk->rest = (struct strbuf)STRBUF_INIT;
	strbuf_addf(&walk->rest, "%s/%s", text, old.buf);
}

/* Takes the next name off the path; false at its end. */
static bool next_name(struct path_walk *walk, char name[NAME_MAX + 1])
{
	size_t skip = strspn(walk->rest.buf, "/");
	size_t len = strcspn(walk->rest.buf + skip, "/");

	if (!len || len > NAME_MAX)
		return false;
	memcpy(name, walk->rest.buf + skip, len);
	name[len] = '\0';
	memmove(walk->rest.buf, walk->rest.buf + skip + len, walk->rest.len - skip - len + 1);
	walk->rest.len -= skip + len;
	return true;
}

static void leave_last(struct path_walk *walk)
{
	const char *slash = strrchr(walk->at.buf, '/');

	strbuf_truncate(&walk->at, slash ? (size_t)(slash - walk->at.buf) : 0);
}

static bool step(struct path_walk *walk, const char *name)
{
	char target[PATH_MAX];
	struct stat st;

	if (!strcmp(name, "."))
		return true;
	if (!strcmp(name, "..")) {
		leave_last(walk);
		return true;
	}
	strbuf_addf(&walk->at, "/%s", name);
	if (lstat(walk->at.buf, &st) < 0)
		return refuse_unknown(walk, errno);
	if (!check_entry(walk, &st))
		return false;
	if (!S_ISLNK(st.st_mode))
		return true;
	ssize_t len = readlink(walk->at.buf, target, sizeof(target) - 1);
	if (len < 0 || ++walk->links > LINKS_MAX)
		return refuse_unknown(walk, len < 0 ? errno : ELOOP);
	target[len] = '\0';
	if (target[0] == '/')
		strbuf_truncate(&walk->at, 0);
	else
		leave_last(walk);
	put_back(walk, target);
	return true;
}

static bool walk_all(struct path_walk *walk)
{
	char name[NAME_MAX + 1];
	struct stat st;

	if (lstat("/", &st) < 0 || !check_entry(walk, &st))
		return false;
	while (next_name(walk, name))
		if (!step(walk, name))
			return false;
	return strspn(walk->rest.buf, "/") == walk->rest.len || refuse_unknown(walk, ENAMETOOLONG);
}

bool trusted_path(const char *path, uid_t uid, struct strbuf *why)
{
	_cleanup_free_ char *here = *path == '/' ? NULL : getcwd(NULL, 0);
	struct path_walk walk = { .uid = uid, .at = STRBUF_INIT, .rest = STRBUF_INIT, .why = why };

	if (*path != '/' && !here)
		return refuse_unknown(&walk, errno);
	strbuf_addf(&walk.rest, "%s/%s", here ? here : "", path);
	bool trusted = walk_all(&walk);
	strbuf_release(&walk.at);
	strbuf_release(&walk.rest);
	return trusted;
}
