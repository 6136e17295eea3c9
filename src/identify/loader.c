/* SPDX-License-Identifier: MIT */
/* identify/scope: which files the dynamic loader would load for a program, in which order. */
#include "identify/scope.h"

#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "identify/cache.h"
#include "identify/elf.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

/* More than any program has; limits the time that a hostile file can take. */
#define OBJECTS_MAX 1024
#define NEEDED_MAX 1024
#define CACHE_MAX (64 << 20)

struct resolver {
	struct scope *scope;
	const struct scope_world *world;
	struct strbuf cache;
	struct strbuf musl_path;
	const char *machine;
};

/* A library search. */
struct quest {
	struct resolver *resolver;
	const char *name;
	size_t requester;
	enum scope_origin origin;
	size_t place;
};

/* Whether the object is there already, under this name or as the same file. */
static bool is_present(const struct scope *scope, const char *name, dev_t device, ino_t inode)
{
	for (size_t i = 0; i < scope->count; i++) {
		const struct scope_entry *entry = &scope->items[i];
		const char *soname = entry->object ? elf_object_soname(entry->object) : NULL;

		if (i > 0 && (!strcmp(entry->name, name) || (soname && !strcmp(soname, name))))
			return true;
		if (inode && entry->object && entry->inode == inode && entry->device == device)
			return true;
	}
	return false;
}

/*
 * Accepts the file if it is a library for the program's machine; skips others, as the loader
 * does.
 */
static bool try_path(const char *path, void *context)
{
	struct quest *quest = context;
	struct scope *scope = quest->resolver->scope;
	struct elf_object *object;
	dev_t device;
	ino_t inode;

	if (scope_open(quest->resolver->world, path, &object, &device, &inode) < 0)
		return false;
	if (!elf_object_same_abi(scope->items[0].object, object)) {
		elf_object_free(object);
		return false;
	}
	if (is_present(scope, quest->name, device, inode)) {
		elf_object_free(object);
		return true;
	}
	struct scope_entry *entry =
		scope_insert(scope, quest->place, quest->name, path, object, quest->origin);
	if (quest->origin == SCOPE_NEEDED)
		entry->parent = quest->requester;
	entry->device = device;
	entry->inode = inode;
	return true;
}

static bool try_directory(struct quest *quest, const char *directory)
{
	_cleanup_free_ char *path = xasprintf("%s/%s", *directory ? directory : ".", quest->name);

	return try_path(path, quest);
}

static const char *multiarch(const char *machine)
{
	static const char *const triples[][2] = {
		{ "x86_64", "x86_64-linux-gnu" },   { "i386", "i386-linux-gnu" },
		{ "aarch64", "aarch64-linux-gnu" }, { "arm", "arm-linux-gnueabihf" },
		{ "riscv64", "riscv64-linux-gnu" }, { "ppc64", "powerpc64le-linux-gnu" },
		{ "s390x", "s390x-linux-gnu" },     { "x32", "x86_64-linux-gnux32" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(triples); i++)
		if (!strcmp(triples[i][0], machine))
			return triples[i][1];
	return machine;
}

/* $ORIGIN, $LIB and $PLATFORM, with or without braces. Caller frees. */
static char *expand(const struct quest *quest, const char *text, size_t len)
{
	const struct scope_entry *requester = &quest->resolver->scope->items[quest->requester];
	_cleanup_free_ char *origin = path_folder(requester->path ? requester->path : "");
	_cleanup_free_ char *lib = xasprintf("lib/%s", multiarch(quest->resolver->machine));
	const char *const tokens[][2] = { { "ORIGIN", origin },
					  { "LIB", lib },
					  { "PLATFORM", quest->resolver->machine } };
	struct strbuf out = STRBUF_INIT;

	for (size_t i = 0; i < len;) {
		bool brace = text[i] == '$' && text[i + 1] == '{', found = false;
		const char *token = text + i + 1 + brace;

		for (size_t t = 0; text[i] == '$' && t < ARRAY_SIZE(tokens) && !found; t++) {
			size_t token_len = strlen(tokens[t][0]);

			if (strncmp(token, tokens[t][0], token_len) ||
			    (brace && token[token_len] != '}'))
				continue;
			strbuf_addstr(&out, tokens[t][1]);
			i += 1 + token_len + 2 * (size_t)brace;
			found = true;
		}
		if (!found)
			strbuf_addch(&out, text[i++]);
	}
	return strbuf_detach(&out);
}

static bool try_list(struct quest *quest, const char *list, const char *separators)
{
	for (const char *at = list; at; at = *at ? at + 1 : NULL) {
		size_t len = strcspn(at, separators);
		_cleanup_free_ char *directory = expand(quest, at, len);

		if (try_directory(quest, directory))
			return true;
		at += len;
		if (!*at)
			break;
	}
	return false;
}

/* DT_RPATH of the requester and of its chain of parents, unless it has the newer DT_RUNPATH. */
static bool try_rpaths(struct quest *quest)
{
	const struct scope *scope = quest->resolver->scope;
	size_t asked = quest->requester, i = asked;

	if (elf_dynamic_text(scope->items[i].object, DT_RUNPATH))
		return false;
	for (size_t depth = 0; depth <= scope->count; depth++) {
		const char *rpath = elf_dynamic_text(scope->items[i].object, DT_RPATH);

		quest->requester = i;
		bool found = rpath && !elf_dynamic_text(scope->items[i].object, DT_RUNPATH) &&
			     try_list(quest, rpath, ":");
		quest->requester = asked;
		if (found)
			return true;
		if (scope->items[i].parent == i)
			return false;
		i = scope->items[i].parent;
	}
	return false;
}

static bool try_defaults(struct quest *quest)
{
	static const char *const folders[] = { "/lib", "/usr/lib" };
	static const char *const folders64[] = { "/lib64", "/usr/lib64" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		_cleanup_free_ char *folder =
			xasprintf("%s/%s", folders[i], multiarch(quest->resolver->machine));

		if (try_directory(quest, folder))
			return true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (try_directory(quest, folders64[i]) || try_directory(quest, folders[i]))
			return true;
	return false;
}

static void search_glibc(struct quest *quest)
{
	const struct resolver *resolver = quest->resolver;
	const struct scope_entry *requester = &resolver->scope->items[quest->requester];

	if (try_rpaths(quest))
		return;
	if (!resolver->world->secure && resolver->world->library_path &&
	    try_list(quest, resolver->world->library_path, ":;"))
		return;
	const char *runpath = elf_dynamic_text(requester->object, DT_RUNPATH);
	if (runpath && try_list(quest, runpath, ":"))
		return;
	if (loader_cache_find(resolver->cache.buf, resolver->cache.len, quest->name, try_path,
			      quest))
		return;
	if (try_defaults(quest))
		return;
	if (!is_present(resolver->scope, quest->name, 0, 0))
		scope_insert(resolver->scope, quest->place, quest->name, NULL, NULL, quest->origin)
			->parent = quest->requester;
}

/* musl's loader is also its C library, under any name. */
static bool is_musl_libc(const char *name)
{
	return !strcmp(name, "libc.so") || !strncmp(name, "libc.musl-", strlen("libc.musl-"));
}

static void search_musl(struct quest *quest)
{
	const struct resolver *resolver = quest->resolver;
	const struct scope *scope = resolver->scope;
	const char *loader = elf_object_interpreter(scope->items[0].object);

	if (is_musl_libc(quest->name) && loader && try_path(loader, quest))
		return;
	if (!resolver->world->secure && resolver->world->library_path &&
	    try_list(quest, resolver->world->library_path, ":"))
		return;
	const char *rpath = elf_dynamic_text(scope->items[quest->requester].object, DT_RUNPATH);
	if (!rpath)
		rpath = elf_dynamic_text(scope->items[quest->requester].object, DT_RPATH);
	if (rpath && try_list(quest, rpath, ":"))
		return;
	if (try_list(quest,
		     resolver->musl_path.len ? resolver->musl_path.buf
					     : "/lib:/usr/local/lib:/usr/lib",
		     ":\n"))
		return;
	if (!is_present(scope, quest->name, 0, 0))
		scope_insert(resolver->scope, quest->place, quest->name, NULL, NULL, quest->origin)
			->parent = quest->requester;
}

static void search(struct resolver *resolver, const char *name, size_t requester,
		   enum scope_origin origin, size_t place)
{
	struct quest quest = { resolver, name, requester, origin, place };

	if (!*name || resolver->scope->count >= OBJECTS_MAX ||
	    is_present(resolver->scope, name, 0, 0))
		return;
	if (strchr(name, '/')) {
		_cleanup_free_ char *path = expand(&quest, name, strlen(name));

		if (!try_path(path, &quest))
			scope_insert(resolver->scope, place, name, NULL, NULL, origin);
	} else if (resolver->scope->is_musl) {
		search_musl(&quest);
	} else {
		search_glibc(&quest);
	}
}

/* Why a library that was to be preloaded was not found. Caller frees. */
static char *why_refused(const struct resolver *resolver, const char *name)
{
	_cleanup_elf_object_ struct elf_object *object = NULL;

	if (!strchr(name, '/'))
		return xasprintf("none of the folders that the loader searches has it");
	int r = scope_open(resolver->world, name, &object, NULL, NULL);
	if (r == 0)
		return xasprintf("it is a library for another kind of machine (%s)",
				 elf_object_machine(object));
	return xstrdup(r == -ENOENT || r == -ENOTDIR ? "there is no such file"
		       : r == -EACCES                ? "it may not be read"
						     : "it is no library");
}

static bool needs(const struct elf_object *object, const char *name)
{
	const char *needed;

	for (size_t i = 0; i < NEEDED_MAX && (needed = elf_object_needed(object, i)); i++)
		if (!strcmp(needed, name))
			return true;
	return false;
}

/*
 * If a preloaded library is not found, the loader only warns. musl's loader finds one that was
 * built for glibc by its path, cannot resolve its symbols, and does not start the program.
 */
static void preload_list(struct resolver *resolver, const char *list, const char *from,
			 bool is_ignored)
{
	_cleanup_free_ char *copy = xstrdup(list);
	char *name, *rest = copy;
	struct scope *scope = resolver->scope;

	while ((name = strsep(&rest, " :\n\t"))) {
		size_t place = scope->count;

		if (!*name)
			continue;
		if (is_ignored) {
			scope_refuse(scope, name, from,
				     "the program gains rights: the loader ignores it");
			continue;
		}
		search(resolver, name, 0, SCOPE_PRELOADED, place);
		if (scope->count == place)
			continue;
		const struct elf_object *object = scope->items[place].object;
		_cleanup_free_ char *why = object ? NULL : why_refused(resolver, name);
		if (object && scope->is_musl && needs(object, "libc.so.6"))
			why = xstrdup("it is built for glibc, and the program runs on musl, which "
				      "cannot load it");
		if (!why)
			continue;
		scope_refuse(scope, name, from, why);
		scope_remove(scope, place);
	}
}

static void read_below(const struct scope_world *world, const char *path, struct strbuf *ret)
{
	_cleanup_close_ int fd = scope_open_file(world, path);

	if (fd < 0 || strbuf_read_fd(ret, fd, CACHE_MAX) < 0)
		strbuf_truncate(ret, 0);
}

static void resolve_needed(struct resolver *resolver)
{
	struct scope *scope = resolver->scope;

	for (size_t i = 0; i < scope->count; i++) {
		const char *needed;

		for (size_t n = 0; n < NEEDED_MAX && scope->items[i].object &&
				   (needed = elf_object_needed(scope->items[i].object, n));
		     n++)
			search(resolver, needed, i, SCOPE_NEEDED, scope->count);
	}
}

void scope_resolve(struct scope *scope, const struct scope_world *world, const char *path,
		   struct elf_object *program)
{
	const char *loader = elf_object_interpreter(program);
	struct resolver resolver = {
		.scope = scope,
		.world = world,
		.cache = STRBUF_INIT,
		.musl_path = STRBUF_INIT,
		.machine = elf_object_machine(program),
	};
	_cleanup_strbuf_ struct strbuf always = STRBUF_INIT;

	*scope = (struct scope){ 0 };
	scope_insert(scope, 0, path, path, program, SCOPE_PROGRAM);
	scope->is_musl = loader && fnmatch("*/ld-musl-*", loader, 0) == 0;
	if (elf_kind_of(program) == ELF_PROGRAM_STATIC)
		return;
	if (scope->is_musl) {
		_cleanup_free_ char *file = xasprintf("/etc/ld-musl-%s.path", resolver.machine);

		read_below(world, file, &resolver.musl_path);
	} else {
		read_below(world, "/etc/ld.so.cache", &resolver.cache);
		read_below(world, "/etc/ld.so.preload", &always);
	}
	/* ld.so(8): secure mode accepts only setuid libraries, which do not occur in practice. */
	if (world->preload)
		preload_list(&resolver, world->preload, LD_PRELOAD, world->secure);
	preload_list(&resolver, always.buf, LD_SO_PRELOAD, false);
	resolve_needed(&resolver);
	strbuf_release(&resolver.cache);
	strbuf_release(&resolver.musl_path);
}
