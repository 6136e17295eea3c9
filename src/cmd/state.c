/* SPDX-License-Identifier: MIT */
#include "cmd/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "base/as-user.h"
#include "base/caller.h"
#include "base/cleanup.h"
#include "base/savefile.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "model/document.h"

/* The calling user's folder, also under sudo: base/caller. Caller frees; NULL without a home. */
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

/* The rights to use there; NULL: madvisor's own. */
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

char *state_fresh_name(const struct result *result, const char *suffix)
{
	time_t now = time(NULL);
	char stamp[32];
	struct tm tm;

	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	return xasprintf("%s-%s-%d%s", result->command.name, stamp, getpid(), suffix);
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
	_cleanup_free_ char *name = state_fresh_name(result, ".json");
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

/* A file of the folder, and what to do with it. */
struct opening {
	const char *dir;
	const char *name;
	const struct strbuf *text; /* of a new one */
};

/* One write(2). */
static int write_whole(int fd, const struct strbuf *text)
{
	ssize_t n;

	while ((n = write(fd, text->buf, text->len)) < 0 && errno == EINTR)
		;
	return n == (ssize_t)text->len ? 0 : n < 0 ? -errno : -ENOSPC;
}

/* Gets its name after it is locked and holds the text; -EOPNOTSUPP without O_TMPFILE support. */
static int create_nameless(const char *dir, const char *path, const struct strbuf *text)
{
	int fd = open(dir, O_TMPFILE | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);

	if (fd < 0)
		return -EOPNOTSUPP;
	_cleanup_free_ char *link_path = xasprintf("/proc/self/fd/%d", fd);
	int r = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : write_whole(fd, text);
	if (r == 0 && linkat(AT_FDCWD, link_path, AT_FDCWD, path, AT_SYMLINK_FOLLOW) < 0)
		r = errno == EEXIST ? -EEXIST : -EOPNOTSUPP;
	if (r == 0)
		return fd;
	close(fd);
	return r;
}

static int create_named(const char *path, const struct strbuf *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		return -errno;
	int r = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : write_whole(fd, text);
	if (r == 0)
		return fd;
	unlink(path);
	close(fd);
	return r;
}

static int create(void *argument, struct as_user_answer *answer, struct error *err)
{
	const struct opening *opening = argument;
	_cleanup_free_ char *path = xasprintf("%s/%s", opening->dir, opening->name);
	int r = make_directories(opening->dir);

	if (r == 0)
		r = create_nameless(opening->dir, path, opening->text);
	if (r == -EOPNOTSUPP)
		r = create_named(path, opening->text);
	if (r >= 0) {
		answer->fd = r;
		r = savefile_sync_folder(path);
	}
	return r < 0 ? error_set(err, ERROR_MACHINE, -r, "cannot write %s: %s", path, strerror(-r))
		     : 0;
}

static int open_to_read(void *argument, struct as_user_answer *answer, struct error *err)
{
	const struct opening *opening = argument;
	_cleanup_free_ char *path = xasprintf("%s/%s", opening->dir, opening->name);

	/* O_NONBLOCK: the open must not block if the path is a FIFO. */
	answer->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (answer->fd >= 0)
		return 0;
	int r = error_set(err, ERROR_USAGE, errno, "cannot read %s: %s", path, strerror(errno));
	error_hint(err, "measure something first, or name a result file");
	return r;
}

static int open_folder(void *argument, struct as_user_answer *answer, struct error *err)
{
	const struct opening *opening = argument;

	answer->fd = open(opening->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return answer->fd < 0 ? error_set(err, ERROR_MACHINE, errno, "cannot read %s: %s",
					  opening->dir, strerror(errno))
			      : 0;
}

static int remove_file(void *argument, struct as_user_answer *answer, struct error *err)
{
	const struct opening *opening = argument;
	_cleanup_free_ char *path = xasprintf("%s/%s", opening->dir, opening->name);

	return unlink(path) < 0 ? error_set(err, ERROR_MACHINE, errno, "cannot remove %s: %s", path,
					    strerror(errno))
				: 0;
}

/*
 * Runs `work` with the user's rights. ret_fd and ret_path may be NULL; without a file ret_fd is -1.
 */
static int work_on(const char *name, const struct strbuf *text, as_user_work work, int *ret_fd,
		   char **ret_path, struct error *err)
{
	_cleanup_free_ char *dir = state_directory();
	struct opening opening = { dir, name, text };
	struct as_user_answer answer = AS_USER_ANSWER_INIT;

	if (!dir)
		return fail_homeless(err);
	int r = as_user_call(state_rights(), work, &opening, &answer, err);
	if (ret_fd)
		*ret_fd = answer.fd;
	if (ret_path)
		*ret_path = xasprintf("%s/%s", dir, name);
	return r;
}

int state_create(const char *name, const struct strbuf *text, int *ret_fd, struct error *err)
{
	return work_on(name, text, create, ret_fd, NULL, err);
}

int state_open(const char *name, int *ret_fd, char **ret_path, struct error *err)
{
	return work_on(name, NULL, open_to_read, ret_fd, ret_path, err);
}

int state_remove(const char *name, struct error *err)
{
	return work_on(name, NULL, remove_file, NULL, NULL, err);
}

static bool ends_with(const char *text, const char *suffix)
{
	size_t len = strlen(text), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(text + len - suffix_len, suffix);
}

static int newer_first(const void *a, const void *b)
{
	const struct state_file *x = a, *y = b;

	return x->modified_ns < y->modified_ns ? 1 : x->modified_ns > y->modified_ns ? -1 : 0;
}

size_t state_list(const char *suffix, struct state_file **ret)
{
	size_t count = 0, alloc = 0;
	int fd;

	*ret = NULL;
	if (work_on("", NULL, open_folder, &fd, NULL, NULL) < 0)
		return 0;
	_cleanup_closedir_ DIR *dir = fdopendir(fd);
	const struct dirent *entry;
	if (!dir)
		close(fd);
	while (dir && (entry = readdir(dir))) {
		struct stat st;

		if (!ends_with(entry->d_name, suffix) ||
		    fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		*ARRAY_PUSH(*ret, count, alloc) = (struct state_file){
			xstrdup(entry->d_name),
			(int64_t)st.st_mtim.tv_sec * (int64_t)NS_PER_SEC + st.st_mtim.tv_nsec,
		};
	}
	if (count)
		qsort(*ret, count, sizeof(**ret), newer_first);
	return count;
}

void state_list_free(struct state_file *files, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(files[i].name);
	free(files);
}

int state_load_last(struct result *result, struct error *err)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	int r = state_open("last.json", &fd, &path, err);

	return r < 0 ? r : document_load_fd(fd, path, result, err);
}
