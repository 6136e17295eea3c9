/* SPDX-License-Identifier: MIT */
#include "identify/scope.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "identify/door.h"
#include "proc/proc.h"

int scope_open_path(const struct scope_world *world, const char *path)
{
	struct open_how how = { .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT };
	int fd = world->root < 0 ? open(path, O_PATH | O_CLOEXEC)
				 : (int)syscall(SYS_openat2, world->root, path, &how, sizeof(how));

	return fd < 0 ? -errno : fd;
}

int scope_open_file(const struct scope_world *world, const char *path)
{
	_cleanup_close_ int place = scope_open_path(world, path);
	/* Opening a device can have side effects. */
	int fd = proc_open_regular(place);

	return fd == -EACCES ? door_open_library(path) : fd;
}

int scope_open(const struct scope_world *world, const char *path, struct elf_object **ret,
	       dev_t *device, ino_t *inode)
{
	_cleanup_close_ int fd = scope_open_file(world, path);
	struct stat st;

	*ret = NULL;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (device)
		*device = st.st_dev;
	if (inode)
		*inode = st.st_ino;
	return elf_object_open_fd(TAKE_FD(fd), path, ret, NULL);
}

struct scope_entry *scope_insert(struct scope *scope, size_t place, const char *name,
				 const char *path, struct elf_object *object,
				 enum scope_origin origin)
{
	(void)ARRAY_PUSH(scope->items, scope->count, scope->alloc);
	struct scope_entry *entry = &scope->items[place];
	memmove(entry + 1, entry, (scope->count - 1 - place) * sizeof(*entry));
	for (size_t i = 0; i < scope->count; i++)
		if (i != place && scope->items[i].parent >= place)
			scope->items[i].parent++;
	*entry = (struct scope_entry){
		.name = xstrdup(name),
		.path = path ? xstrdup(path) : NULL,
		.object = object,
		.origin = origin,
		.parent = place,
	};
	if (object)
		traces_collect(object, &entry->traces);
	return entry;
}

static void entry_release(struct scope_entry *entry)
{
	free(entry->name);
	free(entry->path);
	elf_object_free(entry->object);
}

void scope_remove(struct scope *scope, size_t place)
{
	entry_release(&scope->items[place]);
	memmove(&scope->items[place], &scope->items[place + 1],
		(scope->count - place - 1) * sizeof(scope->items[0]));
	scope->count--;
	for (size_t i = 0; i < scope->count; i++)
		if (scope->items[i].parent > place)
			scope->items[i].parent--;
}

void scope_refuse(struct scope *scope, const char *name, const char *from, const char *why)
{
	*ARRAY_PUSH(scope->refused, scope->refused_count, scope->refused_alloc) =
		(struct scope_refusal){ xstrdup(name), from, xstrdup(why) };
}

void scope_release(struct scope *scope)
{
	if (!scope)
		return;
	for (size_t i = 0; i < scope->count; i++)
		entry_release(&scope->items[i]);
	for (size_t i = 0; i < scope->refused_count; i++) {
		free(scope->refused[i].name);
		free(scope->refused[i].why);
	}
	free(scope->refused);
	free(scope->items);
	*scope = (struct scope){ 0 };
}

struct scope_entry *scope_definer(const struct scope *scope, const char *function)
{
	for (size_t i = 0; i < scope->count; i++)
		if (scope->items[i].object && scope->items[i].origin != SCOPE_LOADED &&
		    elf_object_defines(scope->items[i].object, function))
			return &scope->items[i];
	return NULL;
}
