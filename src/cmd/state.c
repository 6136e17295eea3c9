/* SPDX-License-Identifier: MIT */
#include "cmd/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/as-user.h"
#include "base/caller.h"
#include "base/cleanup.h"
#include "base/savefile.h"
#include "base/xalloc.h"
#include "model/document.h"

/* Of who called, for root works for them under sudo: base/caller. Caller frees; NULL without a home. */
static char *state_directory(void)
{
	const struct caller *caller = caller_get();
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = caller->elevated ? NULL : getenv("HOME");

	/* The specification: a relative path there is invalid and to be ignored. */
	if (state && state[0] == '/')
		return xasprintf("%s/madvisor", state);
	if (!home || !*home)
		home = caller->home;
	return home ? xasprintf("%s/.local/state/madvisor", home) : NULL;
}

/* Whose rights are enough there; NULL: madvisor's own. */
static const struct rights *state_rights(void)
{
	const struct caller *caller = caller_get();

	return caller->elevated ? &caller->rights : NULL;
}

static int fail_homeless(struct error *err)
{
	error_set(err, ERROR_MACHINE, ENOENT, "no home folder to keep results in");
	error_hint(err, "set XDG_STATE_HOME to a folder");
	return -ENOENT;
}

/* Makes a folder and those above it, for the user alone. */
static int make_directories(const char *path)
{
	_cleanup_free_ char *copy = xstrdup(path);

	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(copy, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/* Makes `dir`/last.json a link to the name, in one step. */
static int point_last_at(const char *dir, const char *name)
{
	_cleanup_free_ char *last = xasprintf("%s/last.json", dir);
	_cleanup_free_ char *fresh = xasprintf("%s/.last-%d", dir, getpid());

	unlink(fresh);
	if (symlink(name, fresh) < 0)
		return -errno;
	if (rename(fresh, last) < 0) {
		int code = errno;

		unlink(fresh);
		return -code;
	}
	return 0;
}

static char *fresh_name(const struct result *result)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	return xasprintf("%s-%s-%d.json", result->command.name, stamp, getpid());
}

/* A result on its way to the folder. */
struct saving {
	const char *dir;
	const char *name;
	const struct strbuf *text;
};

static int save(void *argument, struct as_user_answer *answer, struct error *err)
{
	const struct saving *saving = argument;
	_cleanup_free_ char *path = xasprintf("%s/%s", saving->dir, saving->name);
	int r = make_directories(saving->dir);

	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "cannot make %s: %s", saving->dir,
				 strerror(-r));
	r = savefile_write(path, saving->text->buf, saving->text->len, err);
	if (r < 0)
		return r;
	r = point_last_at(saving->dir, saving->name);
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "cannot set %s/last.json: %s", saving->dir,
				 strerror(-r));
	answer->text = TAKE_PTR(path);
	return 0;
}

int state_save(const struct result *result, char **ret_path, struct error *err)
{
	_cleanup_free_ char *dir = state_directory();
	_cleanup_free_ char *name = fresh_name(result);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct saving saving = { dir, name, &text };
	struct as_user_answer answer = AS_USER_ANSWER_INIT;

	if (!dir)
		return fail_homeless(err);
	document_write(result, &text);
	int r = as_user_call(state_rights(), save, &saving, &answer, err);
	*ret_path = answer.text;
	return r;
}

static int open_to_read(void *argument, struct as_user_answer *answer, struct error *err)
{
	const char *path = argument;

	/* What is no file has no end to wait for. */
	answer->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (answer->fd >= 0)
		return 0;
	int r = error_set(err, ERROR_USAGE, errno, "cannot read %s: %s", path, strerror(errno));
	error_hint(err, "measure something first, or name a result file");
	return r;
}

int state_load_last(struct result *result, struct error *err)
{
	_cleanup_free_ char *dir = state_directory();
	struct as_user_answer answer = AS_USER_ANSWER_INIT;

	if (!dir)
		return fail_homeless(err);
	_cleanup_free_ char *path = xasprintf("%s/last.json", dir);
	int r = as_user_call(state_rights(), open_to_read, path, &answer, err);
	_cleanup_close_ int fd = answer.fd;
	return r < 0 ? r : document_load_fd(fd, path, result, err);
}
