/* SPDX-License-Identifier: MIT */
/* identify/identify: a process. What the file promises is compared with what is mapped. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identify/analysis.h"
#include "identify/elf.h"
#include "identify/process.h"
#include "base/cleanup.h"
#include "base/xalloc.h"

static const struct mapping *find_mapping(const struct process *process,
					  const struct scope_entry *entry)
{
	for (size_t i = 0; i < process->mapping_count; i++)
		if (process->mappings[i].inode == entry->inode ||
		    (entry->path && !strcmp(process->mappings[i].path, entry->path)))
			return &process->mappings[i];
	return NULL;
}

/*
 * The very file that is mapped, wherever its name leads today: needs CAP_CHECKPOINT_RESTORE.
 * proc(5).
 */
static struct elf_object *open_mapped(const struct process *process, const struct mapping *mapping)
{
	_cleanup_free_ char *path =
		xasprintf("/proc/%d/map_files/%llx-%llx", (int)process->pid,
			  (unsigned long long)mapping->start, (unsigned long long)mapping->end);
	struct elf_object *object;

	return elf_object_open(path, &object, NULL) == 0 ? object : NULL;
}

/* A library that was upgraded since: the mapped file counts, not the new one. */
static void use_mapped(const struct process *process, const struct mapping *mapping,
		       struct scope_entry *entry, struct identification *ret)
{
	struct elf_object *object = open_mapped(process, mapping);

	elf_object_free(entry->object);
	entry->object = object;
	entry->traces = (struct traces){ 0 };
	if (object)
		traces_collect(object, &entry->traces);
	text_list_addf(&ret->notes, "%s was replaced since the process started%s",
		       entry->path ? entry->path : entry->name,
		       object ? "; what it still uses was looked at"
			      : "; what it still uses cannot be read: try as root");
}

/*
 * Objects that the file promises but that are not there: a preloaded library that failed, for one.
 */
static void drop_unmapped(const struct process *process, struct scope *scope,
			  struct identification *ret)
{
	for (size_t i = scope->count; i-- > 1;) {
		struct scope_entry *entry = &scope->items[i];
		const struct mapping *mapping = entry->object ? find_mapping(process, entry) : NULL;

		if (!entry->object)
			continue;
		if (!mapping) {
			ret->loading |= entry->origin == SCOPE_NEEDED;
			scope_remove(scope, i);
		} else if (mapping->deleted || mapping->inode != entry->inode)
			use_mapped(process, mapping, entry, ret);
	}
}

static ino_t inode_below(const struct scope_world *world, const char *path)
{
	struct elf_object *object;
	ino_t inode = 0;

	if (*path != '/' || scope_open(world, path, &object, NULL, &inode) < 0)
		return 0;
	elf_object_free(object);
	return inode;
}

/*
 * Whether the loader took the file in before anything that the program needs: it was preloaded,
 * even if the environment that did it can no longer be seen.
 */
static bool came_first(const struct process *process, const struct scope *scope,
		       const struct scope_world *world, const struct mapping *mapping)
{
	for (size_t i = 1; process->loaded && process->loaded[0] && process->loaded[i]; i++) {
		ino_t inode = inode_below(world, process->loaded[i]);

		if (inode && inode == mapping->inode)
			return true;
		for (size_t s = 1; inode && s < scope->count; s++)
			if (scope->items[s].inode == inode &&
			    scope->items[s].origin == SCOPE_NEEDED)
				return false;
	}
	return false;
}

static bool is_known(const struct scope *scope, const struct mapping *mapping)
{
	for (size_t i = 0; i < scope->count; i++)
		if (scope->items[i].inode == mapping->inode ||
		    (scope->items[i].path && !strcmp(scope->items[i].path, mapping->path)))
			return true;
	return false;
}

static void add_unpromised(const struct process *process, struct scope *scope,
			   const struct scope_world *world)
{
	const char *loader = elf_object_interpreter(scope->items[0].object);
	ino_t loader_inode = loader ? inode_below(world, loader) : 0;

	for (size_t i = 0; i < process->mapping_count; i++) {
		const struct mapping *mapping = &process->mappings[i];
		struct elf_object *object;
		ino_t inode;

		if (is_known(scope, mapping) || mapping->inode == loader_inode)
			continue;
		if (scope_open(world, mapping->path, &object, NULL, &inode) < 0 ||
		    inode != mapping->inode) {
			object = open_mapped(process, mapping);
			if (!object)
				continue;
		}
		bool first = came_first(process, scope, world, mapping);
		scope_insert(scope, first ? 1 : scope->count, mapping->path, mapping->path, object,
			     first ? SCOPE_PRELOADED : SCOPE_LOADED)
			->inode = mapping->inode;
	}
}

static void identify_scope(struct process *process, struct elf_object *program,
			   struct identification *ret)
{
	const struct scope_world world = {
		.root = process->root,
		.library_path = environment_value(process->environment, "LD_LIBRARY_PATH"),
		.preload = environment_value(process->environment, "LD_PRELOAD"),
		.secure = process->secure,
	};
	struct scope scope;
	const struct target_view view = {
		&scope, &world, process->environment,
		process->secure ? "it was started with more rights than its caller's" : NULL
	};
	_cleanup_free_ char *file = xasprintf("/proc/%d/exe", (int)process->pid);
	struct stat st;

	process_read_loaded(process, program);
	scope_resolve(&scope, &world, process->program, program);
	if (stat(file, &st) == 0)
		scope.items[0].inode = st.st_ino;
	if (process->mapping_count) {
		drop_unmapped(process, &scope, ret);
		add_unpromised(process, &scope, &world);
	}
	analyse(&view, ret);
	scope_release(&scope);
}

int identify_process(pid_t pid, struct identification *ret, struct error *err)
{
	_cleanup_process_ struct process process;
	struct elf_object *program;

	*ret = (struct identification){ .pid = pid, .target = xasprintf("pid %d", (int)pid) };
	int r = process_read(pid, &process, err);
	if (r == 0)
		r = process_open_program(&process, &program, err);
	if (r < 0) {
		identification_release(ret);
		return r;
	}
	/* A library that is run, such as the loader itself, is a program here. */
	identify_scope(&process, program, ret);
	ret->path = TAKE_PTR(process.program);
	return 0;
}
