/* SPDX-License-Identifier: MIT */
#include "identify/process.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#define FILE_MAX (16 << 20)
#define OBJECTS_MAX 4096
#define DELETED " (deleted)"

static int refuse(pid_t pid, int code, struct error *err)
{
	int r;

	if (code == EACCES || code == EPERM) {
		r = error_set(err, ERROR_MACHINE, EACCES, "pid %d: not allowed to look at it",
			      (int)pid);
		error_hint(err, "run madvisor as the user of the process, or as root");
		return r;
	}
	r = error_set(err, ERROR_USAGE, ESRCH, "pid %d: no such process", (int)pid);
	error_hint(err, "ps -e lists the processes; it may have ended");
	return r;
}

static int read_proc(pid_t pid, const char *name, struct strbuf *ret)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/%s", (int)pid, name);

	return strbuf_read_file(ret, path, FILE_MAX);
}

static int read_program(struct process *process, struct error *err)
{
	_cleanup_free_ char *link = xasprintf("/proc/%d/exe", (int)process->pid);
	char target[PATH_MAX];
	ssize_t len = readlink(link, target, sizeof(target) - 1);

	if (len < 0 && errno == ENOENT && access(process->root, F_OK) == 0) {
		int r = error_set(err, ERROR_USAGE, EINVAL,
				  "pid %d: runs no program: it is a kernel "
				  "thread, or has ended",
				  (int)process->pid);

		error_hint(err, "name a process that ps shows without brackets");
		return r;
	}
	if (len < 0)
		return refuse(process->pid, errno, err);
	target[len] = '\0';
	size_t suffix = strlen(DELETED);
	if ((size_t)len > suffix && !strcmp(target + (size_t)len - suffix, DELETED))
		target[(size_t)len - suffix] = '\0';
	process->program = xstrdup(target);
	return 0;
}

static char **split_environment(const struct strbuf *text)
{
	char **items = NULL;
	size_t count = 0, alloc = 0;

	for (size_t at = 0; at < text->len; at += strlen(text->buf + at) + 1)
		if (strchr(text->buf + at, '='))
			*ARRAY_PUSH(items, count, alloc) = xstrdup(text->buf + at);
	*ARRAY_PUSH(items, count, alloc) = NULL;
	return items;
}

/* "7f..-7f.. r-xp 00026000 fe:00 5243  /usr/lib/x86_64-linux-gnu/libc.so.6" */
static void add_mapping(struct process *process, char *line)
{
	struct mapping found = { 0 };
	char rights[5];
	unsigned long inode;
	int path_at = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %*x %*x:%*x %lu %n", &found.start, &found.end,
		   rights, &inode, &path_at) < 4 ||
	    !path_at || line[path_at] != '/' || rights[2] != 'x')
		return;
	char *path = line + path_at;
	size_t len = strlen(path), suffix = strlen(DELETED);
	found.deleted = len > suffix && !strcmp(path + len - suffix, DELETED);
	if (found.deleted)
		path[len - suffix] = '\0';
	found.inode = inode;
	for (size_t i = 0; i < process->mapping_count; i++)
		if (process->mappings[i].inode == found.inode &&
		    !strcmp(process->mappings[i].path, path))
			return;
	if (process->mapping_count >= OBJECTS_MAX)
		return;
	found.path = xstrdup(path);
	*ARRAY_PUSH(process->mappings, process->mapping_count, process->mapping_alloc) = found;
}

static int read_mappings(struct process *process, struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = read_proc(process->pid, "maps", &text);
	char *line, *rest = text.buf;

	if (r < 0 && r != -EFBIG)
		return refuse(process->pid, -r, err);
	while ((line = strsep(&rest, "\n")))
		add_mapping(process, line);
	return 0;
}

/*
 * A word of the auxiliary vector, whose words are as wide as the program's. 0 where it is not
 * there.
 */
static uint64_t auxiliary_value(pid_t pid, uint64_t type)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_free_ char *path = xasprintf("/proc/%d/exe", (int)pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char ident[EI_NIDENT] = { 0 };
	uint64_t words[2] = { 0, 0 };

	if (fd < 0 || read(fd, ident, sizeof(ident)) != sizeof(ident) ||
	    read_proc(pid, "auxv", &text) < 0)
		return 0;
	size_t width = ident[EI_CLASS] == ELFCLASS32 ? 4 : 8;
	for (size_t at = 0; at + 2 * width <= text.len; at += 2 * width) {
		for (size_t i = 0; i < 2; i++) {
			uint32_t narrow;

			memcpy(&narrow, text.buf + at + i * width, sizeof(narrow));
			memcpy(&words[i], text.buf + at + i * width, width);
			if (width == sizeof(narrow))
				words[i] = narrow;
		}
		if (words[0] == type)
			return words[1];
	}
	return 0;
}

int process_read(pid_t pid, struct process *ret, struct error *err)
{
	_cleanup_strbuf_ struct strbuf environment = STRBUF_INIT;
	_cleanup_free_ char *folder = xasprintf("/proc/%d", (int)pid);

	*ret = (struct process){ .pid = pid, .root = xasprintf("/proc/%d/root", (int)pid) };
	if (pid <= 0 || access(folder, F_OK) < 0)
		return refuse(pid, ESRCH, err);
	int r = read_program(ret, err);
	if (r < 0)
		return r;
	r = read_proc(pid, "environ", &environment);
	if (r < 0 && r != -EFBIG)
		return refuse(pid, -r, err);
	ret->environment = split_environment(&environment);
	ret->secure = auxiliary_value(pid, AT_SECURE);
	return read_mappings(ret, err);
}

void process_release(struct process *process)
{
	if (!process)
		return;
	for (size_t i = 0; i < process->mapping_count; i++)
		free(process->mappings[i].path);
	free(process->mappings);
	free(process->root);
	free(process->program);
	strv_free(process->environment);
	strv_free(process->loaded);
	*process = (struct process){ 0 };
}

int process_open_program(const struct process *process, struct elf_object **ret, struct error *err)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/exe", (int)process->pid);
	int r = elf_object_open(path, ret, err);

	return r == -EACCES || r == -EPERM || r == -ESRCH ? refuse(process->pid, -r, err) : r;
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
static uint64_t find_dynamic(const struct process *process, const struct elf_object *program)
{
	uint64_t table = auxiliary_value(process->pid, AT_PHDR), address = 0, header_address = 0;
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

void process_read_loaded(struct process *process, const struct elf_object *program)
{
	_cleanup_free_ char *path = xasprintf("/proc/%d/mem", (int)process->pid);
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
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
