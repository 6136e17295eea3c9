/* SPDX-License-Identifier: MIT */
#include "cmd/tune-resume.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/caller.h"
#include "base/trusted.h"
#include "base/xalloc.h"
#include "cmd/state.h"
#include "model/document.h"

#define JOURNAL_SUFFIX ".jsonl"

void resume_init(struct resume *resume)
{
	resume->remains = (struct remains)REMAINS_INIT;
	result_init(&resume->earlier);
}

void resume_release(struct resume *resume)
{
	remains_release(&resume->remains);
	result_release(&resume->earlier);
}

static bool is_journal(const char *path)
{
	size_t len = strlen(path), suffix_len = strlen(JOURNAL_SUFFIX);

	return len > suffix_len && !strcmp(path + len - suffix_len, JOURNAL_SUFFIX);
}

static int load_journal(struct resume *resume, const char *path, struct error *err)
{
	int r = remains_open(path, result_kind_name(RESULT_TUNE), &resume->remains, err);

	return r < 0 ? r : remains_load(&resume->remains, &resume->earlier, err);
}

static int load(struct resume *resume, const char *path, struct error *err)
{
	if (path)
		return is_journal(path) ? load_journal(resume, path, err)
					: document_load(path, &resume->earlier, err);
	int r = load_journal(resume, NULL, err);
	if (r != -ENOENT)
		return r;
	error_release(err);
	remains_release(&resume->remains);
	return state_load_last(&resume->earlier, err);
}

/*
 * What goes on is a command line of the file's, with its command, its user and the files that it writes: root runs none that
 * somebody else could have written, such as the program that was tuned.
 */
static int check_writers(const char *path, struct error *err)
{
	_cleanup_strbuf_ struct strbuf why = STRBUF_INIT;
	const struct caller *caller = caller_get();

	if (caller->elevated) {
		error_set(err, ERROR_USAGE, EPERM,
			  "--resume for another user: it would run as root what is kept in that "
			  "user's folder");
		error_hint(err, "run it as that user: tune needs no rights");
		return -EPERM;
	}
	if (geteuid() != 0 || !path || access(path, F_OK) != 0 || trusted_path(path, 0, &why))
		return 0;
	error_set(err, ERROR_USAGE, EPERM, "--resume as root would run what others can write: %s",
		  why.buf);
	error_hint(err, "run it as that user: tune needs no rights");
	return -EPERM;
}

int resume_open(struct resume *resume, const char *path, struct error *err)
{
	const struct result *earlier = &resume->earlier;
	int r = check_writers(path, err);
	if (r == 0)
		r = load(resume, path, err);

	if (r < 0)
		return r;
	if (earlier->kind != RESULT_TUNE || !earlier->partial || !earlier->command.argv ||
	    !earlier->command.argv[0] || !earlier->command.argv[1]) {
		r = error_set(err, ERROR_USAGE, EINVAL, "%s is no tuning that could go on",
			      path ? path : "the newest result");
		error_hint(err,
			   "name the journal or the result of one that was killed or interrupted");
	}
	return r;
}

int resume_check(const struct resume *resume, const struct result *result, struct error *err)
{
	const struct result *earlier = &resume->earlier;
	size_t baseline = result_find_role(earlier, ROLE_BASELINE);
	const struct contender *before = &earlier->contenders[baseline];
	const struct contender *now = &result->contenders[0];

	if (!strcmp(earlier->cases[0].name, result->cases[0].name) &&
	    !strcmp(before->name, now->name) &&
	    !strcmp(before->version ? before->version : "", now->version ? now->version : ""))
		return 0;
	error_set(err, ERROR_USAGE, EINVAL,
		  "cannot go on: it was %s under %s %s, and is now %s under %s %s",
		  earlier->cases[0].name, before->name, before->version ? before->version : "",
		  result->cases[0].name, now->name, now->version ? now->version : "");
	error_hint(err, "the program, the allocator or the options have changed since: tune anew");
	return -EINVAL;
}

uint64_t resume_iterations(const struct resume *resume, const char *case_name)
{
	size_t known = result_find_case(&resume->earlier, case_name);

	return known == SIZE_MAX ? 0 : resume->earlier.cases[known].iterations;
}

bool resume_recall(const struct resume *resume, const struct trial *trial, struct result *into,
		   double *ret_wall_ns, enum trial_end *ret_end)
{
	const struct result *earlier = &resume->earlier;
	size_t case_index = result_find_case(earlier, into->cases[trial->case_index].name);
	size_t contender_index =
		result_find_contender(earlier, into->contenders[trial->contender_index].name);

	for (size_t i = 0; i < earlier->run_count; i++) {
		const struct run *from = &earlier->runs[i];

		if (from->case_index != case_index || from->contender_index != contender_index ||
		    from->round != trial->round || from->observed)
			continue;
		struct run *run = result_add_run(into);
		*run = *from;
		run->case_index = trial->case_index;
		run->contender_index = trial->contender_index;
		run->probe = from->probe ? xstrdup(from->probe) : NULL;
		run->error = from->error ? xstrdup(from->error) : NULL;
		*ret_wall_ns = from->metrics.value[METRIC_WALL_NS];
		if (!(*ret_wall_ns >= 0))
			*ret_wall_ns = 0;
		*ret_end = from->error ? TRIAL_FAILED : TRIAL_DONE;
		return true;
	}
	return false;
}

void resume_drop(struct resume *resume)
{
	if (resume->remains.name)
		(void)!state_remove(resume->remains.name, NULL);
	remains_release(&resume->remains);
}
