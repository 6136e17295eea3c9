/* SPDX-License-Identifier: MIT */
#include "identify/process.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/door.h"
#include "proc/maps.h"
#include "proc/parse.h"

#define OBJECTS_MAX 4096

int target_process_refuse(pid_t pid, int code, struct error *err)
{
	int r;

	if (code == -EACCES || code == -EPERM) {
		r = error_set(err, ERROR_MACHINE, EACCES, "pid %d: not allowed to look at it",
			      (int)pid);
		error_hint(err, "run madvisor as the user of the process, or as root");
		return r;
	}
	r = error_set(err, ERROR_USAGE, ESRCH, "pid %d: no such process", (int)pid);
	error_hint(err, "ps -e lists the processes; it may have ended");
	return r;
}

/* Appends the contents of a file that the door opens. */
static int read_through_door(enum door_kind kind, size_t max, struct strbuf *ret)
{
	_cleanup_close_ int fd = door_open(kind);

	return fd < 0 ? fd : strbuf_read_fd(ret, fd, max);
}

static bool is_known(const struct target_process *process, const struct mapped_object *object)
{
	for (size_t i = 0; i < process->object_count; i++)
		if (process->objects[i].inode == object->inode &&
		    process->objects[i].device == object->device &&
		    !strcmp(process->objects[i].path, object->path))
			return true;
	return false;
}

static void add_object(struct target_process *process, const struct map_line *line)
{
	struct mapped_object object = {
		.start = line->start,
		.end = line->end,
		.device = line->device,
		.inode = line->inode,
	};

	if (!line->executable || !line->path_len || *line->path != '/' ||
	    process->object_count >= OBJECTS_MAX)
		return;
	object.path = map_line_path(line, &object.deleted);
	if (is_known(process, &object))
		free(object.path);
	else
		*ARRAY_PUSH(process->objects, process->object_count, process->object_alloc) =
			object;
}

static int read_objects(struct target_process *process)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct map_line line;
	int r = read_through_door(DOOR_MAPS, PROC_MAPS_MAX, &text);

	if (r < 0 && r != -EFBIG)
		return r;
	for (const char *rest = text.buf; map_next(&rest, &line);)
		add_object(process, &line);
	return 0;
}

static int read_environment(struct target_process *process)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = read_through_door(DOOR_ENVIRON, PROC_FILE_MAX, &text);

	if (r < 0 && r != -EFBIG)
		return r;
	process->environment_overwritten = proc_environ_is_overwritten(text.buf, text.len);
	process->environment =
		proc_parse_environ(text.buf, process->environment_overwritten ? 0 : text.len);
	return 0;
}

static void read_words(struct target_process *process)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (read_through_door(DOOR_WORDS, PROC_FILE_MAX, &text) < 0)
		return;
	process->words_len = text.len;
	process->words = strbuf_detach(&text);
}

/* The auxiliary vector has words of the program's width. Unreadable values stay 0. */
static void read_auxiliary(struct target_process *process)
{
	_cleanup_close_ int fd = door_open(DOOR_PROGRAM);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	unsigned char ident[EI_NIDENT] = { 0 };
	uint64_t secure = 0;

	if (fd < 0 || pread(fd, ident, sizeof(ident), 0) != sizeof(ident) ||
	    read_through_door(DOOR_AUXV, PROC_FILE_MAX, &text) < 0)
		return;
	size_t word_bytes = ident[EI_CLASS] == ELFCLASS32 ? 4 : 8;
	(void)proc_parse_auxv(text.buf, text.len, word_bytes, AT_SECURE, &secure);
	(void)proc_parse_auxv(text.buf, text.len, word_bytes, AT_PHDR, &process->headers_at);
	process->secure = secure;
}

int target_process_read(pid_t pid, struct target_process *ret, struct error *err)
{
	*ret = (struct target_process)TARGET_PROCESS_INIT;
	ret->pid = pid;
	int r = read_environment(ret);
	if (r == 0)
		r = ret->root = door_open(DOOR_ROOT);
	if (r >= 0)
		r = read_objects(ret);
	if (r < 0)
		return target_process_refuse(pid, r, err);
	read_auxiliary(ret);
	read_words(ret);
	return 0;
}

void target_process_release(struct target_process *process)
{
	if (!process)
		return;
	for (size_t i = 0; i < process->object_count; i++)
		free(process->objects[i].path);
	free(process->objects);
	free(process->words);
	strv_free(process->environment);
	strv_free(process->loaded);
	if (process->root >= 0)
		close(process->root);
	*process = (struct target_process)TARGET_PROCESS_INIT;
}

int target_process_open_program(const struct target_process *process, const char *path,
				struct elf_object **ret, struct error *err)
{
	int fd = door_open(DOOR_PROGRAM);

	return fd < 0 ? target_process_refuse(process->pid, fd, err)
		      : elf_object_open_fd(fd, path, ret, err);
}

const char *environment_value(char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; environment && environment[i]; i++)
		if (!strncmp(environment[i], name, len) && environment[i][len] == '=')
			return environment[i] + len + 1;
	return NULL;
}

static bool read_memory(int fd, uint64_t address, void *into, size_t size)
{
	return address <= INT64_MAX && pread(fd, into, size, (off_t)address) == (ssize_t)size;
}

/* A path in the process's memory. Caller frees. */
static char *read_path(int fd, uint64_t address)
{
	char text[PATH_MAX] = { 0 };
	ssize_t len = address <= INT64_MAX ? pread(fd, text, sizeof(text) - 1, (off_t)address) : -1;

	return len > 0 && strlen(text) < sizeof(text) - 1 ? xstrdup(text) : NULL;
}

/*
 * Address of a program's dynamic section in memory: its address in the file plus the load bias.
 */
static uint64_t find_dynamic(const struct target_process *process, const struct elf_object *program)
{
	uint64_t table = process->headers_at, address = 0, header_address = 0;
	size_t count;

	if (elf_getphdrnum(elf_object_handle(program), &count) != 0)
		return 0;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr segment;

		if (!gelf_getphdr(elf_object_handle(program), (int)i, &segment))
			continue;
		if (segment.p_type == PT_PHDR)
			header_address = segment.p_vaddr;
		else if (segment.p_type == PT_DYNAMIC)
			address = segment.p_vaddr;
	}
	return table && address && header_address ? address + (table - header_address) : 0;
}

/* The address of r_debug, which the loader wrote into the dynamic section. */
static uint64_t find_debug(int fd, uint64_t dynamic)
{
	for (size_t i = 0; i < 512; i++, dynamic += sizeof(Elf64_Dyn)) {
		Elf64_Dyn entry;

		if (!read_memory(fd, dynamic, &entry, sizeof(entry)) || entry.d_tag == DT_NULL)
			return 0;
		if (entry.d_tag == DT_DEBUG)
			return entry.d_un.d_ptr;
	}
	return 0;
}

/* link_map as far as it is public; all words are 8 bytes wide here. */
struct remote_link {
	uint64_t address, name, dynamic, next, previous;
};

void target_process_read_loaded(struct target_process *process, const struct elf_object *program)
{
	_cleanup_close_ int fd = door_open(DOOR_MEMORY);
	uint64_t words[2]; /* of r_debug: version, first link_map */
	char **items = NULL;
	size_t count = 0, alloc = 0;
	GElf_Ehdr header;

	if (fd < 0 || !gelf_getehdr(elf_object_handle(program), &header) ||
	    header.e_ident[EI_CLASS] != ELFCLASS64)
		return;
	uint64_t dynamic = find_dynamic(process, program);
	uint64_t debug = dynamic ? find_debug(fd, dynamic) : 0;
	if (!debug || !read_memory(fd, debug, words, sizeof(words)))
		return;
	uint64_t at = words[1];
	for (size_t i = 0; at && i < OBJECTS_MAX; i++) {
		struct remote_link link;

		if (!read_memory(fd, at, &link, sizeof(link)))
			break;
		char *name = read_path(fd, link.name);
		*ARRAY_PUSH(items, count, alloc) = name ? name : xstrdup("");
		at = link.next;
	}
	*ARRAY_PUSH(items, count, alloc) = NULL;
	process->loaded = items;
}
