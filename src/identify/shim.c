/* SPDX-License-Identifier: MIT */
#include "identify/shim.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/cleanup.h"
#include "base/confined.h"
#include "base/path.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "identify/locate.h"
#include "identify/shim-internal.h"

/* Bytes: a manager's name and a path. */
enum { ANSWER_MAX = 8192 };

/* Whether it is rustup under another name: a link to it. */
static bool is_rustup(const char *found)
{
	_cleanup_free_ char *folder = xstrndup(found, (size_t)(path_name(found) - found));
	_cleanup_free_ char *rustup = xasprintf("%srustup", folder);
	struct stat its, rustups;

	return strcmp(path_name(found), "rustup") != 0 && stat(found, &its) == 0 &&
	       stat(rustup, &rustups) == 0 && its.st_ino == rustups.st_ino &&
	       its.st_dev == rustups.st_dev;
}

static bool is_in_shims(const char *found)
{
	size_t len = strlen("/shims/");
	const char *name = path_name(found);

	return (size_t)(name - found) > len && !strncmp(name - len, "/shims/", len);
}

/* Answers "MANAGER PATH"; nothing for no shim. */
static int work(void *argument, struct strbuf *answer, struct error *err)
{
	const struct shim_question *question = argument;
	const char *manager = "rustup";
	_cleanup_free_ char *file = is_in_shims(question->found)
					    ? shim_of_script(question, &manager)
					    : shim_of_rustup(question);

	if (file)
		strbuf_addf(answer, "%s %s", manager, file);
	return 0;
}

/*
 * The owner's rights, or if that is root, those of the user who called madvisor by sudo. NULL: madvisor's own, of which the
 * child keeps no capability.
 */
static const struct rights *choose_rights(const char *found, struct rights *owner)
{
	const struct caller *caller = caller_get();
	struct stat st;

	if (geteuid() != 0 || lstat(found, &st) < 0)
		return NULL;
	if (st.st_uid == 0)
		return caller->elevated ? &caller->rights : NULL;
	rights_of_user(st.st_uid, st.st_gid, owner);
	return owner;
}

void shim_follow(const char *found, char *const *environment, struct shim_target *ret)
{
	struct shim_question question = { .found = found,
					  .name = path_name(found),
					  .environment = environment };
	_cleanup_strbuf_ struct strbuf answer = STRBUF_INIT;
	_cleanup_rights_ struct rights owner = { 0 };

	*ret = (struct shim_target){ 0 };
	if (!is_in_shims(found) && !is_rustup(found))
		return;
	const struct confined confined = {
		.rights = choose_rights(found, &owner),
		.answer_max = ANSWER_MAX,
	};
	/* A shim that cannot be followed is measured as it is. */
	if (confined_call(&confined, work, &question, &answer, NULL) < 0 || !answer.len ||
	    strlen(answer.buf) != answer.len)
		return;
	size_t len = strcspn(answer.buf, " ");
	ret->manager = shim_manager_named(answer.buf, len);
	if (ret->manager && answer.buf[len])
		ret->file = xstrdup(answer.buf + len + 1);
}

void shim_follow_command(const char *name, char *const *environment, struct shim_target *ret)
{
	_cleanup_free_ char *found = program_locate(name, environment);

	*ret = (struct shim_target){ 0 };
	if (found)
		shim_follow(found, environment, ret);
}

void shim_target_release(struct shim_target *target)
{
	if (target)
		free(target->file);
}
