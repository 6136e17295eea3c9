/* SPDX-License-Identifier: MIT */
#include "identify/loadable.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/trusted.h"
#include "base/xalloc.h"
#include "identify/cache.h"
#include "identify/links.h"

enum { FILES_MAX = 256, CACHE_MAX = 64 << 20 };

struct files {
	char **items;
	size_t count, alloc;
};

struct check {
	const char *path;
	const struct rights *rights;
	struct files queue;   /* the library, then its dependencies */
	struct files folders; /* that it has the loader search */
	struct error *err;
};

/*
 * Cache of accepted files: they stay safe while madvisor runs, as no other user can change them.
 * Keyed by user, of whom there may be two.
 */
static struct {
	struct files files;
	uid_t uid;
} known_good;

static bool has(const struct files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->items[i], path))
			return true;
	return false;
}

static void add(struct files *files, const char *path)
{
	if (!has(files, path))
		*ARRAY_PUSH(files->items, files->count, files->alloc) = xstrdup(path);
}

static void files_release(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->items[i]);
	free(files->items);
	*files = (struct files){ 0 };
}

/* "root", "user eve", "user 1234". Caller frees. */
static char *user_text(uid_t uid)
{
	const struct passwd *entry = getpwuid(uid);

	if (uid == 0)
		return xstrdup("root");
	return entry ? xasprintf("user %s", entry->pw_name) : xasprintf("user %u", (unsigned)uid);
}

static int refuse(const struct check *check, const char *where, const char *why)
{
	_cleanup_free_ char *user = user_text(check->rights->uid);
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;

	strbuf_add_escaped(&shown, check->path);
	int r = error_set(check->err, ERROR_USAGE, EPERM, "%s is not loaded as %s: %s%s", shown.buf,
			  user, where, why);
	if (check->rights->uid == 0)
		error_hint(check->err,
			   "have it run as the user it belongs to with --user, or copy it to "
			   "where only root can write");
	else
		error_hint(check->err, "copy it to where only root or %s can write", user);
	return r;
}

static int refuse_folder(const struct check *check, const char *folder, const char *why)
{
	_cleanup_strbuf_ struct strbuf where = STRBUF_INIT;

	strbuf_addstr(&where, "libraries that it needs are looked for in ");
	strbuf_add_escaped(&where, folder);
	strbuf_addstr(&where, ": ");
	return refuse(check, where.buf, why);
}

/* A missing folder is as safe as the folder in which it would be created. */
static int check_folder(struct check *check, const char *folder)
{
	_cleanup_free_ char *there = xstrdup(folder);
	_cleanup_strbuf_ struct strbuf why = STRBUF_INIT;
	struct stat st;

	if (*folder != '/' || strchr(folder, '$'))
		return refuse_folder(check, folder, "which folder that is, is not known");
	while (stat(there, &st) < 0 && strcmp(there, "/")) {
		char *above = path_folder(there);

		free(there);
		there = above;
	}
	if (!trusted_path(there, check->rights->uid, &why))
		return refuse_folder(check, folder, why.buf);
	/* In a sticky folder, every user may create files. */
	if ((st.st_mode & S_ISVTX) && (st.st_mode & (S_IWGRP | S_IWOTH)))
		return refuse_folder(check, folder, "everyone can put files there");
	add(&check->folders, folder);
	return 0;
}

/* /etc/ld.so.cache; read once. */
static const struct strbuf *loader_cache(void)
{
	static struct strbuf cache = STRBUF_INIT;
	static bool read;

	if (!read && strbuf_read_file(&cache, "/etc/ld.so.cache", CACHE_MAX) < 0)
		strbuf_truncate(&cache, 0);
	read = true;
	return &cache;
}

static bool add_cached(const char *path, void *context)
{
	struct files *queue = context;

	if (access(path, F_OK) == 0)
		add(queue, path);
	return false;
}

/* Every file of that name that the loader could choose. */
static void add_needed(struct check *check, const char *name)
{
	const struct strbuf *cache = loader_cache();

	if (strchr(name, '/')) {
		add(&check->queue, name);
		return;
	}
	/* DT_RPATH: an object's search folders also apply to the dependencies of its libraries. */
	for (size_t i = 0; i < check->folders.count; i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", check->folders.items[i], name);

		add_cached(path, &check->queue);
	}
	loader_cache_find(cache->buf, cache->len, name, add_cached, &check->queue);
}

static int check_file(struct check *check, const char *path)
{
	struct elf_links links = { 0 };
	_cleanup_strbuf_ struct strbuf why = STRBUF_INIT;

	if (!trusted_path(path, check->rights->uid, &why))
		return refuse(check, strcmp(path, check->path) ? "it needs a library: " : "",
			      why.buf);
	int r = elf_links_read(path, check->rights, &links, check->err);
	for (size_t i = 0; r == 0 && links.folders[i]; i++)
		r = check_folder(check, links.folders[i]);
	for (char **name = links.needed; r == 0 && *name; name++)
		add_needed(check, *name);
	elf_links_release(&links);
	return r;
}

static int check_all(struct check *check)
{
	for (size_t i = 0; i < check->queue.count; i++) {
		if (has(&known_good.files, check->queue.items[i]))
			continue;
		int r = i < FILES_MAX ? check_file(check, check->queue.items[i])
				      : refuse(check, "", "it needs too many libraries");
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < check->queue.count; i++)
		add(&known_good.files, check->queue.items[i]);
	return 0;
}

int loadable_check(const char *path, const struct rights *rights, struct error *err)
{
	struct check check = { .path = path, .rights = rights, .err = err };

	if (known_good.uid != rights->uid)
		files_release(&known_good.files);
	known_good.uid = rights->uid;
	add(&check.queue, path);
	int r = check_all(&check);
	files_release(&check.queue);
	files_release(&check.folders);
	return r;
}

int loadable_check_given(const char *path, const struct rights *rights, struct error *err)
{
	return geteuid() == 0 ? loadable_check(path, rights, err) : 0;
}

int loadable_check_folder(const char *path, const struct rights *rights, struct error *err)
{
	const struct check check = { .path = path, .rights = rights, .err = err };
	_cleanup_strbuf_ struct strbuf why = STRBUF_INIT;

	if (geteuid() != 0 || trusted_path(path, rights->uid, &why))
		return 0;
	return refuse(&check, "", why.buf);
}
