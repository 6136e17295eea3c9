/* SPDX-License-Identifier: MIT */
#include "cmd/state.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/savefile.h"
#include "base/xalloc.h"
#include "model/document.h"

static char *state_directory(void)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	/* The specification: a relative path there is invalid and to be ignored. */
	if (state && state[0] == '/')
		return xasprintf("%s/madvisor", state);
	if (!home || !*home) {
		struct passwd *entry = getpwuid(getuid());

		home = entry ? entry->pw_dir : NULL;
	}
	return home ? xasprintf("%s/.local/state/madvisor", home) : NULL;
}

char *state_last_path(void)
{
	_cleanup_free_ char *dir = state_directory();

	return dir ? xasprintf("%s/last.json", dir) : NULL;
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

int state_save(const struct result *result, char **ret_path, struct error *err)
{
	_cleanup_free_ char *dir = state_directory();
	_cleanup_free_ char *name = fresh_name(result);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (!dir)
		return error_set(err, ERROR_MACHINE, ENOENT,
				 "no home folder to keep the result in");
	int r = make_directories(dir);
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "cannot make %s: %s", dir, strerror(-r));
	_cleanup_free_ char *path = xasprintf("%s/%s", dir, name);
	document_write(result, &text);
	r = savefile_write(path, text.buf, text.len, err);
	if (r < 0)
		return r;
	r = point_last_at(dir, name);
	if (r < 0)
		return error_set(err, ERROR_MACHINE, -r, "cannot set %s/last.json: %s", dir,
				 strerror(-r));
	*ret_path = TAKE_PTR(path);
	return 0;
}
