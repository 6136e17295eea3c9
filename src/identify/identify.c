/* SPDX-License-Identifier: MIT */
/*
 * identify/identify: a confined child inspects the target. The parent opens files that need
 * madvisor's rights, and reads the child's answer.
 *
 * The child becomes the owner of the target, so that a hostile target gains no rights. If the owner
 * is root, it becomes the user who called madvisor by sudo and the like, else user nobody.
 */
#include "identify/identify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/confined.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "identify/analysis.h"
#include "identify/door.h"
#include "identify/file.h"
#include "identify/process.h"
#include "identify/running.h"
#include "identify/wire.h"

#define DELETED " (deleted)"
/* For a child. Chromium with its symbols takes one second. */
#define TIMEOUT_NS (8 * NS_PER_SEC)

/* The target that the child inspects. */
struct identify_subject {
	pid_t pid; /* 0: a file */
	const char *name;
	const char *path;
	int fd; /* of the file */
	char *const *environment;
};

static int look(void *argument, struct strbuf *answer, struct error *err)
{
	const struct identify_subject *subject = argument;
	struct identification found = { .pid = subject->pid };
	int r = subject->pid ? running_identify(subject->pid, subject->path, &found, err)
			     : file_identify(subject->name, subject->path, subject->fd,
					     subject->environment, &found, err);

	if (r == 0)
		wire_write(&found, answer);
	/* The process ends next, which frees what `found` holds. */
	return r;
}

/* The child's own errors have hints; an error without one means that it did not finish. */
static int explain_failure(const struct identify_subject *subject, int code, struct error *err)
{
	if (!err || err->hint)
		return code;
	error_prefix(err, "%s: the process that looks at it", subject->name);
	error_hint(err, "a file of it may have changed meanwhile, or be made to harm its reader: "
			"try again, or look at its files one by one");
	return code;
}

bool identify_was_broken_off(int code)
{
	return code == -EIO || code == -ETIMEDOUT || code == -EFBIG || code == -EBADMSG;
}

static int have_looked_at(const struct identify_subject *subject, const struct rights *rights,
			  struct door *door, struct identification *ret, struct error *err)
{
	const struct confined confined = {
		.rights = geteuid() == 0 ? rights : NULL,
		.timeout_ns = TIMEOUT_NS,
		.answer_max = WIRE_MAX,
		.descriptors = 8192, /* each library of a target takes one */
		.keep = &subject->fd,
		.keep_count = subject->fd >= 0,
		.serve = door_serve,
		.context = door,
	};
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	struct error own = ERROR_INIT;
	int r = confined_call(&confined, look, (void *)subject, &answer, &own);

	if (r == 0 && wire_read(answer.buf, answer.len, ret) < 0)
		r = error_set(&own, ERROR_MACHINE, EBADMSG, "gave no proper answer");
	if (r < 0) {
		r = explain_failure(subject, r, &own);
		if (err)
			*err = own;
		else
			error_release(&own);
		return r;
	}
	ret->target = xstrdup(subject->name);
	ret->pid = subject->pid;
	return 0;
}

/* Chooses the user that the child becomes for a file. */
static void choose_for_file(int fd, struct rights *ret, struct door *door)
{
	const struct caller *caller = caller_get();
	struct stat st;

	*ret = rights_nobody;
	if (geteuid() != 0 || fstat(fd, &st) < 0)
		return;
	door->opens_libraries = st.st_uid == 0;
	if (st.st_uid != 0)
		rights_of_user(st.st_uid, st.st_gid, ret);
	else if (caller->elevated)
		rights_of_user(caller->rights.uid, caller->rights.gid, ret);
}

int identify_file(const char *name, char *const *environment, struct identification *ret,
		  struct error *err)
{
	_cleanup_program_file_ struct program_file file;
	_cleanup_rights_ struct rights rights = { 0 };
	struct door door = { 0 };

	*ret = (struct identification){ 0 };
	int r = program_file_find(name, environment, &file, err);
	if (r < 0)
		return r;
	const struct identify_subject subject = { 0, name, file.program, file.fd,
						  file.environment ? file.environment
								   : environment };
	choose_for_file(file.fd, &rights, &door);
	r = have_looked_at(&subject, &rights, &door, ret, err);
	if (r < 0)
		return r;
	if (file.is_script)
		program_file_describe_script(&file, ret);
	if (file.shim)
		text_list_addf(&ret->notes, "%s", file.shim);
	ret->path = TAKE_PTR(file.path);
	return 0;
}

/* Path of its file at its start, as the process sees it. Caller frees. */
static int find_program(const struct proc *proc, char **ret, struct error *err)
{
	int r = proc_read_link(proc, "exe", ret);

	if (r == -ENOENT) {
		r = error_set(err, ERROR_USAGE, EINVAL,
			      "pid %d: runs no program: it is a kernel thread, or has ended",
			      (int)proc->pid);
		error_hint(err, "name a process that ps shows without brackets");
		return r;
	}
	if (r < 0)
		return target_process_refuse(proc->pid, r, err);
	size_t len = strlen(*ret), suffix = strlen(DELETED);
	if (len > suffix && !strcmp(*ret + len - suffix, DELETED))
		(*ret)[len - suffix] = '\0';
	return 0;
}

/* The same for a process: if it has two users, the one with fewer rights. */
static int choose_for_process(const struct proc *proc, struct rights *ret, struct door *door,
			      struct error *err)
{
	struct proc_credentials who;
	int r = proc_read_credentials(proc, &who);

	if (r < 0)
		return target_process_refuse(proc->pid, r, err);
	bool is_real = who.real_uid != 0;
	*ret = (struct rights){ .uid = is_real ? who.real_uid : who.effective_uid,
				.gid = is_real ? who.real_gid : who.effective_gid };
	if (ret->uid == 0) {
		*ret = rights_nobody;
		door->opens_libraries = geteuid() == 0;
		return 0;
	}
	ret->groups = xcalloc(who.group_count + 1, sizeof(*ret->groups));
	ret->group_count = who.group_count;
	memcpy(ret->groups, who.groups, who.group_count * sizeof(*ret->groups));
	return 0;
}

int identify_held_process(const struct proc *proc, struct identification *ret, struct error *err)
{
	_cleanup_free_ char *name = xasprintf("pid %d", (int)proc->pid), *path = NULL;
	_cleanup_rights_ struct rights rights = { 0 };
	struct door door = { .proc = proc };

	*ret = (struct identification){ 0 };
	int r = find_program(proc, &path, err);
	if (r == 0)
		r = choose_for_process(proc, &rights, &door, err);
	if (r < 0)
		return r;
	const struct identify_subject subject = {
		.pid = proc->pid, .name = name, .path = path, .fd = -1
	};
	r = have_looked_at(&subject, &rights, &door, ret, err);
	if (r == 0)
		ret->path = TAKE_PTR(path);
	return r;
}

int identify_process(pid_t pid, struct identification *ret, struct error *err)
{
	_cleanup_proc_ struct proc proc;
	int r = proc_open(&rootfs_real, pid, &proc);

	*ret = (struct identification){ 0 };
	return r < 0 ? target_process_refuse(pid, r, err) : identify_held_process(&proc, ret, err);
}
