/* SPDX-License-Identifier: MIT */
#include "cmd/explain-subject.h"

#include <string.h>
#include <unistd.h>

#include "alloc/in-force.h"
#include "alloc/ineffective.h"
#include "alloc/self.h"
#include "base/cleanup.h"
#include "base/path.h"
#include "base/spawn.h"
#include "base/quote.h"
#include "base/strbuf.h"
#include "base/xalloc.h"
#include "cmd/contenders.h"
#include "proc/proc.h"

/* The environment of a process, NULL-terminated; empty if access is denied, and for process 0. */
static char **read_environment(pid_t pid)
{
	_cleanup_proc_ struct proc proc = PROC_INIT;
	char **environment;

	if (pid && proc_open(&rootfs_real, pid, &proc) == 0 &&
	    proc_read_environ(&proc, &environment) == 0)
		return environment;
	return proc_parse_environ("", 0);
}

/* " (redis-server)": a process's command name, if it differs from its file's name. */
static char *describe_name(pid_t pid, const char *path)
{
	struct proc_stat stat;

	/* The kernel keeps 15 characters of it. */
	if (proc_read_stat_of(pid, &stat) < 0 || !stat.name[0] ||
	    (path && !strncmp(path_name(path), stat.name, strlen(stat.name))))
		return xstrdup("");
	return xasprintf(" (%s)", stat.name);
}

static pid_t the_one_process(const struct explain_options *explain)
{
	return !explain->cgroup && explain->running.roots.count == 1
		       ? explain->running.roots.pids[0]
		       : 0;
}

/* "control group /x, 5 processes", "processes 12, 34, 56" */
static char *describe_several(const struct explain_options *explain)
{
	const struct proc_group *roots = &explain->running.roots;
	struct strbuf sb = STRBUF_INIT;

	if (explain->cgroup) {
		strbuf_addf(&sb, "control group %s, %zu process%s", explain->cgroup, roots->count,
			    roots->count == 1 ? "" : "es");
		return strbuf_detach(&sb);
	}
	for (size_t i = 0; i < roots->count; i++)
		strbuf_addf(&sb, "%s%d", i ? ", " : "processes ", (int)roots->pids[i]);
	return strbuf_detach(&sb);
}

static char *describe_subject(const struct explain_options *explain)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	pid_t pid = the_one_process(explain);

	if (pid) {
		const char *path = explain->program.path;
		_cleanup_free_ char *name = describe_name(pid, path);

		return xasprintf("process %d%s: %s", (int)pid, name,
				 path ? path : "unknown program");
	}
	if (explain_is_running(explain))
		return describe_several(explain);
	quote_words(&sb, (const char *const *)explain->command);
	return strbuf_detach(&sb);
}

/* The rows of the program as it is, with what its allocator is set to. */
static int resolve_subject(struct explain_options *explain, struct contender *ret,
			   struct error *err)
{
	const struct contender_spec as_it_is = { .name = (char[]){ CONTENDER_SELF } };
	int r = contender_resolve_self(&as_it_is, &explain->program, &explain->measure.rights, ret,
				       NULL, err);

	if (r < 0)
		return r;
	ineffective_find(&explain->program);
	if (explain->program.heap_count)
		contender_add_in_force(ret, &explain->program.heaps[0]);
	ret->role = ROLE_BASELINE;
	return 0;
}

/* If only the identification failed, goes on with an unknown program. */
static int identify_subject(struct explain_options *explain, struct error *err)
{
	struct error failure = ERROR_INIT;

	pid_t pid = the_one_process(explain);

	/* Of several it is not known yet which one it will be about. */
	if (!pid && explain_is_running(explain))
		return 0;
	if (!pid)
		measure_follow_shim(&explain->measure, explain->command, &explain->followed);
	int r = pid ? identify_process(pid, &explain->program, &failure)
		    : identify_program(&explain->measure, explain->command[0], &explain->program,
				       &failure);

	if (r < 0 && identify_was_broken_off(r)) {
		explain->unknown = TAKE_PTR(failure.message);
		error_release(&failure);
		r = 0;
	}
	if (r < 0 && err)
		*err = failure;
	else
		error_release(&failure);
	return r;
}

static void note_unknown(struct result *result, const char *why)
{
	if (why)
		result_add_note(result, "allocator unknown: %s", why);
}

/* A setting that does not do what it says is as good as the cause. */
static void note_ineffective(struct result *result, const struct identification *program)
{
	for (size_t i = 0; i < program->ineffective_count; i++) {
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

		ineffective_say(&program->ineffective[i], &text);
		result_add_note(result, "%s", text.buf);
	}
}

int explain_subject_add(struct explain_options *explain, struct error *err)
{
	struct result *result = &explain->measure.result;
	struct contender self;
	int r = identify_subject(explain, err);

	if (r == 0)
		r = resolve_subject(explain, &self, err);
	if (r < 0)
		return r;
	*result_add_contender(result) = self;
	struct case_info *item = result_add_case(result);
	item->name = xstrdup("command");
	item->description = describe_subject(explain);
	explain->environment =
		explain_is_running(explain)
			? read_environment(the_one_process(explain))
			: environment_with(identity_environment(&explain->measure.setup.identity),
					   NULL);
	return 0;
}

int explain_subject_follow(struct explain_options *explain, struct taxpayer *taxpayer,
			   struct error *err)
{
	struct result *result = &explain->measure.result;
	struct contender self;

	if (taxpayer->as_named) {
		note_ineffective(result, &explain->program);
		note_unknown(result, explain->unknown);
		return 0;
	}
	identification_release(&explain->program);
	explain->program = taxpayer->program;
	taxpayer->program = (struct identification){ 0 };
	int r = resolve_subject(explain, &self, err);
	if (r < 0)
		return r;
	if (taxpayer->is_another)
		self.served = (struct served){
			.path = TAKE_PTR(taxpayer->path),
			.pid = (uint64_t)taxpayer->pid,
			.processes = taxpayer->processes,
			.share_pct = taxpayer->share_pct,
		};
	contender_release(&result->contenders[0]);
	result->contenders[0] = self;
	if (explain_is_running(explain) && taxpayer->environment) {
		strv_free(explain->environment);
		explain->environment = TAKE_PTR(taxpayer->environment);
	}
	explain->inner = TAKE_PTR(taxpayer->environment);
	note_ineffective(result, &explain->program);
	note_unknown(result, taxpayer->unknown);
	if (taxpayer->others)
		result_add_note(result, "others have a part in this: %s", taxpayer->others);
	return 0;
}
