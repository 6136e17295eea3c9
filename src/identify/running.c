/* SPDX-License-Identifier: MIT */
#include "identify/running.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identify/analysis.h"
#include "identify/door.h"
#include "identify/elf.h"
#include "identify/loader-words.h"
#include "identify/process.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/xalloc.h"
#include "proc/maps.h"

/* Identity of a file, by its device and inode numbers in /proc/PID/maps: numbers_of(). */
struct numbers {
	dev_t device;
	ino_t inode; /* 0: none */
};

/* A process that is being identified. */
struct inspection {
	struct target_process process;
	struct scope_world world;
	struct scope scope;
	struct numbers *loaded; /* of each file in the loader's list */
	size_t loaded_count;
	struct identification *result;
};

static const struct mapped_object *find_by_numbers(const struct target_process *process,
						   struct numbers numbers)
{
	for (size_t i = 0; numbers.inode && i < process->object_count; i++)
		if (process->objects[i].inode == numbers.inode &&
		    process->objects[i].device == numbers.device)
			return &process->objects[i];
	return NULL;
}

static const struct mapped_object *find_by_path(const struct target_process *process,
						const char *path)
{
	for (size_t i = 0; path && i < process->object_count; i++)
		if (!strcmp(process->objects[i].path, path))
			return &process->objects[i];
	return NULL;
}

/* Of an open file, as /proc/PID/maps shows them; from stat(2) if these agree, or as a fallback. */
static struct numbers numbers_of(const struct target_process *process, int fd)
{
	struct numbers numbers = { 0 };
	uint64_t inode;
	dev_t device;
	struct stat st;

	if (fstat(fd, &st) == 0)
		numbers = (struct numbers){ st.st_dev, st.st_ino };
	if (!find_by_numbers(process, numbers) && map_file_numbers(fd, &device, &inode))
		numbers = (struct numbers){ device, inode };
	return numbers;
}

static struct numbers numbers_of_entry(const struct scope_entry *entry)
{
	return (struct numbers){ entry->device, entry->object ? entry->inode : 0 };
}

static bool are_equal(struct numbers a, struct numbers b)
{
	return a.inode && a.inode == b.inode && a.device == b.device;
}

static void renumber_entries(struct inspection *inspection)
{
	for (size_t i = 0; i < inspection->scope.count; i++) {
		struct scope_entry *entry = &inspection->scope.items[i];

		if (!entry->object)
			continue;
		struct numbers numbers =
			numbers_of(&inspection->process, elf_object_fd(entry->object));
		entry->device = numbers.device;
		entry->inode = numbers.inode;
	}
}

/*
 * Opens the mapped file itself, even if its path now leads elsewhere: needs
 * CAP_CHECKPOINT_RESTORE. proc(5).
 */
static struct elf_object *open_mapped(const struct mapped_object *mapping)
{
	int fd = door_open_mapped(mapping->start, mapping->end);
	struct elf_object *object = NULL;

	if (fd < 0 || elf_object_open_fd(fd, mapping->path, &object, NULL) < 0)
		return NULL;
	return object;
}

/* If a library was upgraded after it was mapped, the mapped file counts. */
static void use_mapped(struct inspection *inspection, const struct mapped_object *mapping,
		       struct scope_entry *entry)
{
	struct elf_object *object = open_mapped(mapping);

	elf_object_free(entry->object);
	entry->object = object;
	entry->device = mapping->device;
	entry->inode = mapping->inode;
	entry->traces = (struct traces){ 0 };
	if (object)
		traces_collect(object, &entry->traces);
	text_list_addf(&inspection->result->notes, "%s was replaced since the process started%s",
		       entry->path ? entry->path : entry->name,
		       object ? "; what it still uses was looked at"
			      : "; what it still uses cannot be read: try as root");
}

/*
 * Objects that the file needs but that are not mapped, such as a preload that failed.
 */
static void drop_unmapped(struct inspection *inspection)
{
	struct scope *scope = &inspection->scope;

	for (size_t i = scope->count; i-- > 1;) {
		struct scope_entry *entry = &scope->items[i];
		const struct mapped_object *mapping;

		if (!entry->object)
			continue;
		mapping = find_by_numbers(&inspection->process, numbers_of_entry(entry));
		bool is_same = mapping && !mapping->deleted;
		if (!mapping)
			mapping = find_by_path(&inspection->process, entry->path);
		if (!mapping) {
			inspection->result->loading |= entry->origin == SCOPE_NEEDED;
			if (entry->origin == SCOPE_PRELOADED)
				scope_refuse(scope, entry->name, LD_PRELOAD,
					     "the process does not have it mapped");
			scope_remove(scope, i);
		} else if (!is_same) {
			use_mapped(inspection, mapping, entry);
		}
	}
}

static struct numbers numbers_below(const struct inspection *inspection, const char *path)
{
	_cleanup_close_ int fd = *path == '/' ? scope_open_file(&inspection->world, path) : -ENOENT;

	return fd < 0 ? (struct numbers){ 0 } : numbers_of(&inspection->process, fd);
}

static void number_loaded(struct inspection *inspection)
{
	char **loaded = inspection->process.loaded;

	while (loaded && loaded[inspection->loaded_count])
		inspection->loaded_count++;
	inspection->loaded = xcalloc(inspection->loaded_count + 1, sizeof(*inspection->loaded));
	for (size_t i = 0; i < inspection->loaded_count; i++)
		inspection->loaded[i] = numbers_below(inspection, loaded[i]);
}

static bool is_needed(const struct scope *scope, struct numbers numbers)
{
	for (size_t i = 1; i < scope->count; i++)
		if (are_equal(numbers_of_entry(&scope->items[i]), numbers) &&
		    scope->items[i].origin == SCOPE_NEEDED)
			return true;
	return false;
}

/*
 * Whether the loader loaded the file before any needed library: it was preloaded, even if the
 * environment no longer shows it.
 */
static bool came_first(const struct inspection *inspection, struct numbers numbers)
{
	for (size_t i = 1; i < inspection->loaded_count; i++) {
		if (are_equal(inspection->loaded[i], numbers))
			return true;
		if (is_needed(&inspection->scope, inspection->loaded[i]))
			return false;
	}
	return false;
}

static bool is_in_scope(const struct scope *scope, const struct mapped_object *mapping,
			struct numbers numbers)
{
	for (size_t i = 0; i < scope->count; i++)
		if (are_equal(numbers_of_entry(&scope->items[i]), numbers) ||
		    (scope->items[i].path && !strcmp(scope->items[i].path, mapping->path)))
			return true;
	return false;
}

/* Opens it by its path, if that still leads to it, else as mapped. NULL: unreadable, no library. */
static struct elf_object *open_object(const struct inspection *inspection,
				      const struct mapped_object *mapping, struct numbers numbers)
{
	struct elf_object *object;

	if (scope_open(&inspection->world, mapping->path, &object, NULL, NULL) == 0) {
		if (are_equal(numbers_of(&inspection->process, elf_object_fd(object)), numbers))
			return object;
		elf_object_free(object);
	}
	return open_mapped(mapping);
}

static void add_unpromised(struct inspection *inspection)
{
	const struct target_process *process = &inspection->process;
	struct scope *scope = &inspection->scope;
	const char *loader = elf_object_interpreter(scope->items[0].object);
	struct numbers loaders = loader ? numbers_below(inspection, loader) : (struct numbers){ 0 };

	number_loaded(inspection);
	for (size_t i = 0; i < process->object_count; i++) {
		const struct mapped_object *mapping = &process->objects[i];
		const struct numbers numbers = { mapping->device, mapping->inode };

		if (is_in_scope(scope, mapping, numbers) || are_equal(numbers, loaders))
			continue;
		struct elf_object *object = open_object(inspection, mapping, numbers);
		if (!object)
			continue;
		bool first = came_first(inspection, numbers);
		struct scope_entry *entry =
			scope_insert(scope, first ? 1 : scope->count, mapping->path, mapping->path,
				     object, first ? SCOPE_PRELOADED : SCOPE_LOADED);
		entry->device = numbers.device;
		entry->inode = numbers.inode;
	}
}

/* Whether the running file is a dynamic loader, rather than what it starts. */
static bool is_loader(const char *path, const struct elf_object *object)
{
	const char *const names[] = { path_name(path), elf_object_soname(object) };
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		found |= names[i] &&
			 (!strncmp(names[i], "ld-linux", 8) || !strncmp(names[i], "ld64.so", 7) ||
			  !strncmp(names[i], "ld-musl-", 8) || !strcmp(names[i], "libc.so"));
	return found && !elf_object_interpreter(object);
}

/*
 * The mapped file of a program that was started through the loader by that name, which may be
 * relative to a folder that the process has left since.
 */
static const struct mapped_object *find_started(const struct target_process *process,
						const char *name)
{
	const struct mapped_object *found = find_by_path(process, name);

	for (size_t i = 0; !found && i < process->object_count; i++)
		if (!strcmp(path_name(process->objects[i].path), path_name(name)))
			found = &process->objects[i];
	return found;
}

/* Of a process that a loader runs in: the program, instead of the loader, which is released. */
static bool take_started(struct inspection *inspection, struct loader_words *words,
			 const char **path, struct elf_object **program)
{
	const struct target_process *process = &inspection->process;
	struct elf_object *object = NULL;

	if (!process->words || !is_loader(*path, *program))
		return false;
	loader_words_parse(process->words, process->words_len, words);
	const struct mapped_object *mapped =
		words->program ? find_started(process, words->program) : NULL;
	if (!mapped)
		return false;
	if (scope_open(&inspection->world, mapped->path, &object, NULL, NULL) < 0)
		object = open_mapped(mapped);
	if (!object)
		return false;
	text_list_addf(&inspection->result->notes,
		       "the dynamic loader (%s) was started with this program: %s", *path,
		       mapped->path);
	elf_object_free(*program);
	*program = object;
	*path = mapped->path;
	return true;
}

/* A library that is executed counts as a program. */
static void inspect(struct inspection *inspection, const char *path, struct elf_object *program)
{
	struct loader_words words = { 0 };
	struct target_process *process = &inspection->process;
	const struct target_view view = {
		&inspection->scope, &inspection->world, process->environment,
		process->secure ? "it was started with more rights than its caller's" : NULL
	};

	inspection->world = (struct scope_world){
		.root = process->root,
		.library_path = environment_value(process->environment, "LD_LIBRARY_PATH"),
		.preload = environment_value(process->environment, "LD_PRELOAD"),
		.secure = process->secure,
	};
	inspection->result->environment_overwritten = process->environment_overwritten;
	_cleanup_free_ char *preload = NULL;
	if (take_started(inspection, &words, &path, &program)) {
		const char *own = inspection->world.preload;

		if (words.library_path)
			inspection->world.library_path = words.library_path;
		if (words.preload)
			inspection->world.preload = preload =
				xasprintf("%s%s%s", own ? own : "", own ? ":" : "", words.preload);
	} else {
		target_process_read_loaded(process, program);
	}
	scope_resolve(&inspection->scope, &inspection->world, path, program);
	renumber_entries(inspection);
	if (process->object_count) {
		drop_unmapped(inspection);
		add_unpromised(inspection);
	}
	analyse(&view, inspection->result);
	scope_release(&inspection->scope);
	free(inspection->loaded);
}

int running_identify(pid_t pid, const char *program_path, struct identification *ret,
		     struct error *err)
{
	struct inspection inspection = { .process = TARGET_PROCESS_INIT, .result = ret };
	struct elf_object *program;
	int r = target_process_read(pid, &inspection.process, err);

	if (r == 0)
		r = target_process_open_program(&inspection.process, program_path, &program, err);
	if (r == 0)
		inspect(&inspection, program_path, program);
	target_process_release(&inspection.process);
	return r;
}
