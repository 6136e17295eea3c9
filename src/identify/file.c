/* SPDX-License-Identifier: MIT */
#include "identify/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "identify/analysis.h"
#include "identify/elf.h"
#include "identify/process.h"
#include "identify/script.h"
#include "identify/locate.h"
#include "identify/shim.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/xalloc.h"
#include "proc/proc.h"

/*
 * execve(2): how many bytes of a script's first line the kernel reads, and how many interpreters
 * it follows.
 */
#define SCRIPT_LINE_MAX 255
#define SCRIPT_DEPTH 5

#define READ_HINT "run madvisor as root, or as its owner"

static int refuse(const char *name, int code, const char *why, const char *hint, struct error *err)
{
	int r = error_set(err, code == EACCES ? ERROR_MACHINE : ERROR_USAGE, code, "%s: %s", name,
			  why);

	error_hint(err, "%s", hint);
	return r;
}

/* *ret_manager: whose shim it found first, and followed; NULL: no shim. */
static int locate(const char *name, char *const *environment, char **ret, const char **ret_manager,
		  struct error *err)
{
	struct stat st;
	_cleanup_free_ char *found = program_locate(name, environment);
	_cleanup_shim_target_ struct shim_target shim = { 0 };

	if (found)
		shim_follow(found, environment, &shim);
	*ret_manager = shim.file ? shim.manager : NULL;
	if (shim.file) {
		free(found);
		found = TAKE_PTR(shim.file);
	}
	if (!found || stat(found, &st) < 0)
		return refuse(name, found ? errno : ENOENT,
			      !found            ? "no such file, and no such command in PATH"
			      : errno == EACCES ? "not allowed to look at it"
						: strerror(errno),
			      found && errno == EACCES ? "run madvisor as root, or as its owner"
						       : "name a program's file, or a command",
			      err);
	if (!S_ISREG(st.st_mode))
		return refuse(name, EINVAL,
			      S_ISDIR(st.st_mode) ? "is a folder" : "is not a regular file",
			      "name a program's file", err);
	/* "/proc/PID/exe" of a deleted file is a dangling link, but can be opened. */
	_cleanup_free_ char *real = realpath(found, NULL);
	struct stat real_st;
	*ret = real && stat(real, &real_st) == 0 && real_st.st_ino == st.st_ino &&
			       real_st.st_dev == st.st_dev
		       ? TAKE_PTR(real)
		       : TAKE_PTR(found);
	return 0;
}

static int open_file(const char *name, const char *path, struct error *err)
{
	_cleanup_close_ int place = open(path, O_PATH | O_CLOEXEC);
	int fd = proc_open_regular(place < 0 ? -errno : place);

	if (fd >= 0)
		return fd;
	return refuse(name, -fd, fd == -EACCES ? "not allowed to read it" : strerror(-fd),
		      READ_HINT, err);
}

static const char *secure_reason(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	if (st.st_mode & S_ISUID)
		return "setuid";
	if ((st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		return "setgid";
	return fgetxattr(fd, "security.capability", NULL, 0) > 0 ? "has file capabilities" : NULL;
}

/* A shell's own heap matters little; the programs that it starts matter. */
static void note_shell(const char *path, struct identification *ret)
{
	static const char *const shells[] = { "sh", "bash", "dash", "zsh", "ksh", "busybox" };
	const char *name = path_name(path);

	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (!strcmp(name, shells[i]))
			text_list_addf(&ret->notes,
				       "this is the shell's heap; the programs that the "
				       "script starts have their own");
}

static int follow(const char *name, char *const *environment, unsigned int depth,
		  struct program_file *ret, struct error *err);

static int follow_script(const char *name, const char *line, char *const *environment,
			 unsigned int depth, struct program_file *ret, struct error *err)
{
	_cleanup_script_line_ struct script_line parsed;

	script_line_parse(line, environment, &parsed);
	if (!parsed.program || depth >= SCRIPT_DEPTH)
		return refuse(name, ENOEXEC,
			      parsed.program
				      ? "is a script whose interpreters are scripts without end"
				      : "is a script whose first line names no interpreter",
			      "identify the program that runs it", err);
	if (parsed.changes) {
		static char *const bare[] = { NULL };
		char **changed =
			environment_with(parsed.starts_bare || !environment ? bare : environment,
					 (const char *const *)parsed.changes);

		strv_free(ret->environment);
		ret->environment = changed;
		environment = changed;
	}
	int r = follow(parsed.program, environment, depth + 1, ret, err);
	if (r < 0) {
		error_prefix(err, "%s: its interpreter", name);
		error_hint(err, "install it, or correct the first line of the script");
		return r;
	}
	ret->is_script = true;
	return 0;
}

static int follow(const char *name, char *const *environment, unsigned int depth,
		  struct program_file *ret, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	char start[SCRIPT_LINE_MAX + 1] = { 0 };
	const char *manager;
	int r = locate(name, environment, &path, &manager, err);
	_cleanup_close_ int fd = r < 0 ? r : open_file(name, path, err);
	ssize_t len = fd < 0 ? 0 : pread(fd, start, SCRIPT_LINE_MAX, 0);

	if (fd < 0)
		return fd;
	if (len < 0)
		return refuse(name, errno, strerror(errno), READ_HINT, err);
	if (!strncmp(start, "#!", 2)) {
		r = follow_script(name, start, environment, depth, ret, err);
		if (r < 0)
			return r;
	} else if (len < 4 || memcmp(start, "\177ELF", 4)) {
		return refuse(name, ENOEXEC,
			      len == 0 ? "is empty" : "is neither a program (ELF) nor a script",
			      "name a program's file, or give -p PID", err);
	} else {
		ret->program = xstrdup(path);
		ret->fd = TAKE_FD(fd);
	}
	if (manager && !ret->shim)
		ret->shim = xasprintf(
			depth ? "its interpreter %s is %s's shim of %s, which each start goes "
				"through"
			      : "%s is %s's shim of %s",
			path_name(name), manager, path);
	free(ret->path);
	ret->path = TAKE_PTR(path);
	return 0;
}

int program_file_find(const char *name, char *const *environment, struct program_file *ret,
		      struct error *err)
{
	*ret = (struct program_file){ .fd = -1 };
	int r = follow(name, environment, 0, ret, err);
	if (r < 0)
		program_file_release(ret);
	return r;
}

void program_file_release(struct program_file *file)
{
	if (!file)
		return;
	free(file->path);
	free(file->program);
	strv_free(file->environment);
	free(file->shim);
	if (file->fd >= 0)
		close(file->fd);
	*file = (struct program_file){ .fd = -1 };
}

void program_file_describe_script(const struct program_file *file, struct identification *ret)
{
	ret->kind = "script";
	note_shell(file->program, ret);
	free(ret->interpreter);
	ret->interpreter = xstrdup(file->program);
}

int file_identify(const char *name, const char *path, int fd, char *const *environment,
		  struct identification *ret, struct error *err)
{
	const char *secure = secure_reason(fd);
	const struct scope_world world = {
		.root = -1,
		.library_path = environment_value(environment, "LD_LIBRARY_PATH"),
		.preload = environment_value(environment, "LD_PRELOAD"),
		.secure = secure != NULL,
	};
	struct elf_object *program;
	struct scope scope;
	int r = elf_object_open_fd(fd, path, &program, err);

	if (r < 0) {
		if (err && !err->hint)
			error_hint(err, "the file may be cut short; compare it with where it came "
					"from");
		return r;
	}
	enum elf_kind_of kind = elf_kind_of(program);
	if (kind == ELF_OTHER) {
		elf_object_free(program);
		return refuse(name, ENOEXEC, "is an object file or a core dump, not a program",
			      "name the program itself", err);
	}
	scope_resolve(&scope, &world, path, program); /* takes program over */
	const struct target_view view = { &scope, &world, environment, secure };
	if (kind == ELF_LIBRARY)
		analyse_library(&view, ret);
	else
		analyse(&view, ret);
	scope_release(&scope);
	return 0;
}
