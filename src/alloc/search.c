/* SPDX-License-Identifier: MIT */
/* alloc/library: the directories that are searched for libraries. */
#include "alloc/library.h"

#include <dlfcn.h>
#include <glob.h>
#include <limits.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/selfdir.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* /etc/ld.so.conf includes files, which may include files. */
#define CONF_DEPTH_MAX 8

struct directories {
	char **items;
	size_t count, alloc;
};

/* Adds an existing directory by its real path, once. */
static void add_directory(struct directories *dirs, const char *path)
{
	struct stat st;
	_cleanup_free_ char *real = realpath(path, NULL);

	if (!real || stat(real, &st) < 0 || !S_ISDIR(st.st_mode))
		return;
	for (size_t i = 0; i < dirs->count; i++)
		if (!strcmp(dirs->items[i], real))
			return;
	*ARRAY_PUSH(dirs->items, dirs->count, dirs->alloc) = TAKE_PTR(real);
}

/* The loader's search directories for this program, less its cache: dlinfo(3), RTLD_DI_SERINFO. */
static void add_loader_defaults(struct directories *dirs)
{
	Dl_serinfo size;
	void *self = dlopen(NULL, RTLD_LAZY);

	if (!self)
		return;
	if (dlinfo(self, RTLD_DI_SERINFOSIZE, &size) == 0) {
		_cleanup_free_ Dl_serinfo *info = xmalloc(size.dls_size);

		if (dlinfo(self, RTLD_DI_SERINFOSIZE, info) == 0 &&
		    dlinfo(self, RTLD_DI_SERINFO, info) == 0)
			for (unsigned int i = 0; i < info->dls_cnt; i++)
				add_directory(dirs, info->dls_serpath[i].dls_name);
	}
	dlclose(self);
}

static void add_conf(struct directories *dirs, const char *path, unsigned int depth);

static void add_included(struct directories *dirs, const char *pattern, unsigned int depth)
{
	glob_t found;

	if (glob(pattern, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		add_conf(dirs, found.gl_pathv[i], depth);
	globfree(&found);
}

static void add_conf_line(struct directories *dirs, char *line, unsigned int depth)
{
	line[strcspn(line, "#")] = '\0';
	line += strspn(line, " \t");
	line[strcspn(line, "\r")] = '\0';
	if (!strncmp(line, "include", 7) && strchr(" \t", line[7])) {
		line += 7;
		line += strspn(line, " \t");
		_cleanup_free_ char *pattern =
			line[0] == '/' ? xstrdup(line) : xasprintf("/etc/%s", line);
		add_included(dirs, pattern, depth + 1);
	} else if (line[0] == '/') {
		line[strcspn(line, " \t:,=")] = '\0';
		add_directory(dirs, line);
	}
}

/* The format: ldconfig(8). */
static void add_conf(struct directories *dirs, const char *path, unsigned int depth)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	char *line, *rest;

	if (depth > CONF_DEPTH_MAX || strbuf_read_file(&text, path, 1 << 16) < 0)
		return;
	rest = text.buf;
	while ((line = strsep(&rest, "\n")))
		add_conf_line(dirs, line, depth);
}

/* "allocators" beside the running executable and one level above, as in a build folder. */
static void add_beside_executable(struct directories *dirs)
{
	_cleanup_free_ char *folder = self_directory();

	if (!folder)
		return;
	_cleanup_free_ char *beside = xasprintf("%s/allocators", folder);
	_cleanup_free_ char *above = xasprintf("%s/../allocators", folder);
	add_directory(dirs, beside);
	add_directory(dirs, above);
}

void library_search_init(struct library_search *search, const char *installed_dir)
{
	struct directories built = { 0 }, system = { 0 };
	const char *asked = getenv("MADVISOR_ALLOCATOR_PATH");
	_cleanup_free_ char *copy = xstrdup(asked ? asked : "");
	char *dir, *rest = copy;

	while ((dir = strsep(&rest, ":")))
		if (*dir)
			add_directory(&built, dir);
	add_beside_executable(&built);
	if (installed_dir)
		add_directory(&built, installed_dir);
	*ARRAY_PUSH(built.items, built.count, built.alloc) = NULL;

	add_loader_defaults(&system);
	add_conf(&system, "/etc/ld.so.conf", 0);
	*ARRAY_PUSH(system.items, system.count, system.alloc) = NULL;
	*search = (struct library_search){ built.items, system.items, NULL };
}

void library_search_release(struct library_search *search)
{
	if (!search)
		return;
	strv_free(search->built_dirs);
	strv_free(search->system_dirs);
	*search = (struct library_search){ 0 };
}
