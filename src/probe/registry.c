/* SPDX-License-Identifier: MIT */
#include "probe/probe.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"
#include "probe/rungs.h"

/* Best first. The last one works everywhere. */
static const struct probe *const ladder[] = {
	&probe_bpf, &probe_perf, &probe_ptrace, &probe_rusage, NULL,
};

const struct probe *const *probe_ladder(void)
{
	return ladder;
}

static int find(const struct probe *const *rungs, const char *name, const struct probe **ret,
		struct error *err)
{
	_cleanup_strbuf_ struct strbuf known = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf given = STRBUF_INIT;

	for (; *rungs; rungs++) {
		if (!strcmp((*rungs)->name, name)) {
			*ret = *rungs;
			return 0;
		}
		strbuf_addf(&known, ", %s", (*rungs)->name);
	}
	strbuf_add_escaped(&given, name);
	error_set(err, ERROR_USAGE, EINVAL, "there is no probe '%s'", given.buf);
	error_hint(err, "choose one of: auto%s", known.buf);
	return -EINVAL;
}

static void add_loss(struct strbuf *lost, const struct probe *rung, const struct error *why)
{
	strbuf_addf(lost, "%sno %s, because %s does not work here: %s", lost->len ? "; " : "",
		    rung->gives, rung->name, why->message);
	if (why->hint)
		strbuf_addf(lost, " (remedy: %s)", why->hint);
}

static int find_highest(const struct probe *const *rungs, const struct probe **ret, char **ret_lost,
			struct error *err)
{
	_cleanup_strbuf_ struct strbuf lost = STRBUF_INIT;

	for (; *rungs; rungs++) {
		_cleanup_error_ struct error why = ERROR_INIT;

		if ((*rungs)->check(&why) == 0) {
			*ret = *rungs;
			*ret_lost = lost.len ? strbuf_detach(&lost) : NULL;
			return 0;
		}
		add_loss(&lost, *rungs, &why);
	}
	return error_set(err, ERROR_MACHINE, ENOTSUP, "no probe works here: %s", lost.buf);
}

int probe_select_from(const struct probe *const *rungs, const char *name, const struct probe **ret,
		      char **ret_lost, struct error *err)
{
	*ret_lost = NULL;
	if (!strcmp(name, "auto"))
		return find_highest(rungs, ret, ret_lost, err);

	int r = find(rungs, name, ret, err);
	if (r < 0)
		return r;
	r = (*ret)->check(err);
	if (r < 0)
		error_prefix(err, "the %s probe does not work here", (*ret)->name);
	return r;
}

int probe_select(const char *name, const struct probe **ret, char **ret_lost, struct error *err)
{
	return probe_select_from(ladder, name, ret, ret_lost, err);
}
