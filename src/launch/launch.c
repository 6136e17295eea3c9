/* SPDX-License-Identifier: MIT */
#include "launch/launch.h"

#include <limits.h>
#include <stdlib.h>

#include "launch/offspring.h"
#include "launch/watch.h"
#include "probe/lineage.h"

int launch_run(const struct launch *launch, struct outcome *outcome, struct error *err)
{
	struct watch watch;
	int r = watch_start(&watch, launch, outcome, err);

	while (r == 0 && !watch.ended)
		watch_pump((struct watch *const[]){ &watch }, 1, INT_MAX);
	watch.alone = true;
	if (r == 0)
		r = watch_finish(&watch, err);
	watch_kill(&watch);
	outcome->left_behind = offspring_kill_all(watch.session ? probe_helper(watch.session) : 0);
	if (watch.session)
		outcome->lineage = probe_take_lineage(watch.session);
	watch_release(&watch);
	return r;
}

void outcome_release(struct outcome *outcome)
{
	if (!outcome)
		return;
	stack_log_free(outcome->stacks);
	lineage_free(outcome->lineage);
	free(outcome->probe_note);
	strbuf_release(&outcome->report);
	strbuf_release(&outcome->err_text);
	strbuf_release(&outcome->err_head);
	printed_release(&outcome->out);
}
