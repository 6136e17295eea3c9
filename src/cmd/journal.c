/* SPDX-License-Identifier: MIT */
#include "cmd/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc/allocator.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/strbuf.h"
#include "base/units.h"
#include "base/xalloc.h"
#include "cmd/state.h"
#include "explain/explain.h"
#include "model/journal.h"
#include "model/judge.h"
#include "model/summarise.h"
#include "model/sweep-cliffs.h"
#include "model/sweep-curves.h"

#define SUFFIX ".jsonl"
#define SYNC_PERIOD_NS NS_PER_SEC
#define JOURNAL_BYTES_MAX (256U << 20)

/* A process that was killed may have children which share its lock until they have ended too. */
enum { LOCK_ATTEMPTS = 20, LOCK_PAUSE_US = 50 * 1000 };

static int fail(struct journal *journal, int r, struct error *err)
{
	journal->failed = true;
	error_set(err, ERROR_MACHINE, -r, "cannot write %s: %s",
		  journal->name ? journal->name : "a journal", strerror(-r));
	error_hint(err, "make room there: until the end nothing else that is measured is kept");
	return r;
}

/* Creates the journal with its first row, so that every journal has one. */
static int start(struct journal *journal, const struct result *result, const struct strbuf *text,
		 struct error *err)
{
	journal->name = state_fresh_name(result, SUFFIX);
	int r = state_create(journal->name, text, &journal->fd, err);

	journal->failed = r < 0;
	return r;
}

/* One write(2): a reader sees all of it, or an unfinished last line. */
static int append(struct journal *journal, const struct result *result, const struct strbuf *text,
		  struct error *err)
{
	ssize_t n;

	if (journal->fd < 0)
		return start(journal, result, text, err);
	while ((n = write(journal->fd, text->buf, text->len)) < 0 && errno == EINTR)
		;
	if (n == (ssize_t)text->len)
		return 0;
	return fail(journal, n < 0 ? -errno : -ENOSPC, err);
}

static int sync_sometimes(struct journal *journal, struct error *err)
{
	uint64_t now_ns = clock_now_ns(&clock_real);

	if (journal->synced_ns && now_ns - journal->synced_ns < SYNC_PERIOD_NS)
		return 0;
	journal->synced_ns = now_ns;
	return fdatasync(journal->fd) < 0 && errno != EINVAL ? fail(journal, -errno, err) : 0;
}

static size_t sample_count(const struct result *result)
{
	return result->tuning ? result->tuning->sample_count : 0;
}

static bool has_new_rows(const struct journal *journal, const struct result *result)
{
	return journal->rows < result->run_count || journal->samples < sample_count(result);
}

static void add_row(struct journal *journal, const struct result *result, struct strbuf *text)
{
	if (journal->samples < sample_count(result))
		journal_write_sample(result, journal->samples++, text);
	else if (journal->rows < result->run_count)
		journal_write_run(result, journal->rows++, text);
}

static int append_row(struct journal *journal, const struct result *result, struct strbuf *text,
		      struct error *err)
{
	strbuf_truncate(text, 0);
	uint64_t digest = journal_head_digest(result);

	if ((!journal->rows && !journal->samples) || digest != journal->head_digest)
		journal_write_head(result, text);
	journal->head_digest = digest;
	add_row(journal, result, text);
	/* A journal that takes over an earlier one has its rows from the moment on that it has a name. */
	while (journal->fd < 0 && has_new_rows(journal, result))
		add_row(journal, result, text);
	return text->len ? append(journal, result, text, err) : 0;
}

int journal_keep(struct journal *journal, const struct result *result, struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r;

	if (journal->failed || (!result->run_count && !sample_count(result)))
		return 0;
	do
		r = append_row(journal, result, &text, err);
	while (r == 0 && has_new_rows(journal, result));
	return r < 0 ? r : sync_sometimes(journal, err);
}

int journal_remove(struct journal *journal, struct error *err)
{
	return journal->fd < 0 ? 0 : state_remove(journal->name, err);
}

void journal_release(struct journal *journal)
{
	if (journal->fd >= 0)
		close(journal->fd);
	free(journal->name);
	*journal = (struct journal)JOURNAL_INIT;
}

/* Whether it has a row. If naming and locking are two steps, the writer may have died between. */
static bool has_begun(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size > 0;
}

/* Whether its writer has ended; takes a shared lock if so. */
static bool is_over(int fd)
{
	return flock(fd, LOCK_SH | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

static bool is_over_soon(int fd)
{
	for (int i = 0; i < LOCK_ATTEMPTS; i++) {
		if (is_over(fd))
			return true;
		usleep(LOCK_PAUSE_US);
	}
	return false;
}

static int fail_alive(const char *path, struct error *err)
{
	error_set(err, ERROR_USAGE, EBUSY, "%s belongs to a run that is still going on", path);
	error_hint(err, "wait for its end, or end it with Ctrl-C: it saves its result itself then");
	return -EBUSY;
}

/* The open file's name in the state folder; NULL if it is elsewhere. Caller frees. */
static char *find_name(int fd, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	_cleanup_free_ char *known = NULL;
	_cleanup_close_ int known_fd = -1;
	struct stat st, known_st;

	if (state_open(name, &known_fd, &known, NULL) < 0 || fstat(fd, &st) < 0 ||
	    fstat(known_fd, &known_st) < 0 || st.st_dev != known_st.st_dev ||
	    st.st_ino != known_st.st_ino)
		return NULL;
	return xstrdup(name);
}

static int open_named(const char *path, struct remains *ret, struct error *err)
{
	ret->path = xstrdup(path);
	ret->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (ret->fd < 0) {
		int r = error_set(err, ERROR_USAGE, errno, "cannot read %s: %s", path,
				  strerror(errno));

		error_hint(err, "`madvisor report --recover` finds the newest by itself");
		return r;
	}
	ret->name = find_name(ret->fd, path);
	return is_over_soon(ret->fd) ? 0 : fail_alive(path, err);
}

/* Tries one of the folder's files. -EBUSY if it has a writer. */
static int try_one(const char *name, struct remains *ret)
{
	int r = state_open(name, &ret->fd, &ret->path, NULL);

	ret->name = xstrdup(name);
	if (r == 0 && !has_begun(ret->fd))
		r = -ENODATA;
	return r < 0 ? r : is_over_soon(ret->fd) ? 0 : -EBUSY;
}

/* Whether a file is named as state_fresh_name() names those of a command. */
static bool is_of(const char *name, const char *command)
{
	size_t len = command ? strlen(command) : 0;

	return !command || (!strncmp(name, command, len) && name[len] == '-');
}

int remains_open(const char *path, const char *command, struct remains *ret, struct error *err)
{
	_cleanup_free_ char *alive = NULL;
	struct state_file *files;

	if (path)
		return open_named(path, ret, err);
	size_t count = state_list(SUFFIX, &files);
	int r = -ENOENT;
	for (size_t i = 0; r < 0 && i < count; i++) {
		if (!is_of(files[i].name, command))
			continue;
		r = try_one(files[i].name, ret);
		if (r == 0)
			break;
		if (r == -EBUSY && !alive)
			alive = xstrdup(ret->path);
		remains_release(ret);
	}
	state_list_free(files, count);
	if (r == 0)
		return 0;
	if (alive)
		return fail_alive(alive, err);
	error_set(err, ERROR_USAGE, ENOENT, "no killed run has left anything");
	error_hint(err,
		   "a run that ends, also by Ctrl-C, saves its result itself: madvisor report");
	return -ENOENT;
}

/* Computes the parts that a command adds at its end, as far as the rows allow. */
static void complete(struct result *result)
{
	/* A sweep that was killed has not put its values in order yet, nor looked for what they come to. */
	if (result->sweep)
		sweep_sort(result);
	result_summarise(result, result->command.confidence);
	if (result->sweep)
		sweep_find_cliffs(result);
	result_judge_gates(result);
	if (result->tuning) {
		tuning_retell(result);
		tuning_decide(result);
		tuning_await_guards(result->tuning);
		return;
	}
	if (result->finding_count)
		return;
	if (result->kind == RESULT_EXPLAIN)
		result_explain(result, allocator_catalogue());
	else
		result_explain_differences(result, allocator_catalogue());
}

int remains_load(const struct remains *remains, struct result *result, struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	int r = strbuf_read_fd(&text, remains->fd, JOURNAL_BYTES_MAX);

	if (r < 0)
		return error_set(err, ERROR_USAGE, -r, "cannot read %s: %s", remains->path,
				 strerror(-r));
	r = journal_parse(text.buf, text.len, remains->path, result, err);
	if (r == 0)
		complete(result);
	return r;
}

void remains_release(struct remains *remains)
{
	if (remains->fd >= 0)
		close(remains->fd);
	free(remains->path);
	free(remains->name);
	*remains = (struct remains)REMAINS_INIT;
}

char **remains_list(void)
{
	struct state_file *files;
	char **paths = NULL;
	size_t path_count = 0, alloc = 0, count = state_list(SUFFIX, &files);

	for (size_t i = 0; i < count; i++) {
		_cleanup_remains_ struct remains remains = REMAINS_INIT;

		if (state_open(files[i].name, &remains.fd, &remains.path, NULL) == 0 &&
		    has_begun(remains.fd) && is_over(remains.fd))
			*ARRAY_PUSH(paths, path_count, alloc) = TAKE_PTR(remains.path);
	}
	*ARRAY_PUSH(paths, path_count, alloc) = NULL;
	state_list_free(files, count);
	return paths;
}
