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
#include "proc/maps.h"

#define OBJECTS_MAX 4096
#define DELETED " (deleted)"

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

static int read_program(struct target_process *process, struct error *err)
{
	pid_t pid = process->proc->pid;
	int r = proc_read_link(process->proc, "exe", &process->program);

	if (r == -ENOENT) {
		r = error_set(err, ERROR_USAGE, EINVAL,
			      "pid %d: runs no program: it is a kernel thread, or has ended",
			      (int)pid);
		error_hint(err, "name a process that ps shows without brackets");
		return r;
	}
	if (r < 0)
		return target_process_refuse(pid, r, err);
	size_t len = strlen(process->program), suffix = strlen(DELETED);
	if (len > suffix && !strcmp(process->program + len - suffix, DELETED))
		process->program[len - suffix] = '\0';
	return 0;
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
	int r = proc_read(process->proc, "maps", PROC_MAPS_MAX, &text);

	if (r < 0 && r != -EFBIG)
		return r;
	for (const char *rest = text.buf; map_next(&rest, &line);)
		add_object(process, &line);
	return 0;
}

/* A word of the auxiliary vector. 0 where it is not there. */
static uint64_t auxiliary_value(const struct proc *proc, uint64_t type)
{
	_cleanup_close_ int fd = proc_open_file(proc, "exe", O_RDONLY);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	unsigned char ident[EI_NIDENT] = { 0 };
	uint64_t value = 0;

	if (fd < 0 || read(fd, ident, sizeof(ident)) != sizeof(ident) ||
	    proc_read(proc, "auxv", PROC_FILE_MAX, &text) < 0)
		return 0;
	(void)proc_parse_auxv(text.buf, text.len, ident[EI_CLASS] == ELFCLASS32 ? 4 : 8, type,
			      &value);
	return value;
}

int target_process_read(const struct proc *proc, struct target_process *ret, struct error *err)
{
	*ret = (struct target_process)TARGET_PROCESS_INIT;
	ret->proc = proc;
	int r = read_program(ret, err);
	if (r < 0)
		return r;
	r = proc_read_environ(proc, &ret->environment);
	if (r == 0)
		r = ret->root = proc_open_file(proc, "root", O_PATH | O_DIRECTORY);
	if (r >= 0)
		r = read_objects(ret);
	if (r < 0)
		return target_process_refuse(proc->pid, r, err);
	ret->secure = auxiliary_value(proc, AT_SECURE);
	return 0;
}

void target_process_release(struct target_process *process)
{
	if (!process)
		return;
	for (size_t i = 0; i < process->object_count; i++)
		free(process->objects[i].path);
	free(process->objects);
	free(process->program);
	strv_free(process->environment);
	strv_free(process->loaded);
	if (process->root >= 0)
		close(process->root);
	*process = (struct target_process)TARGET_PROCESS_INIT;
}

int target_process_open_program(const struct target_process *process, struct elf_object **ret,
				struct error *err)
{
	int fd = proc_open_file(process->proc, "exe", O_RDONLY);

	return fd < 0 ? target_process_refuse(process->proc->pid, fd, err)
		      : elf_object_open_fd(fd, process->program, ret, err);
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
 * Where a program's dynamic section is in memory: its address in the file and where the file went.
 */
static uint64_t find_dynamic(const struct target_process *process, const struct elf_object *program)
{
	uint64_t table = auxiliary_value(process->proc, AT_PHDR), address = 0, header_address = 0;
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
	_cleanup_close_ int fd = proc_open_file(process->proc, "mem", O_RDONLY);
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
