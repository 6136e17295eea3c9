/* SPDX-License-Identifier: MIT */
#include "report/produce.h"

void report_produce(const struct result *result, const struct emitter *emitter, void *self)
{
	struct production production;

	production_init(&production, result, emitter, self);
	produce_title(&production);
	produce_facts(&production);
	produce_warnings(&production);
	/* A tuning has verdicts of its own. */
	void (*verdicts)(const struct production *) =
		result->tuning ? produce_tuning : produce_verdicts;
	if (emitter->verdicts_first) {
		produce_gates(&production);
		produce_against(&production);
		verdicts(&production);
	}
	produce_charts(&production);
	produce_tax(&production);
	produce_stacks(&production);
	produce_retained(&production);
	/* A program explained by itself has nothing to compare with. */
	if (production.contender_count || !production_is_explanation(&production))
		produce_details(&production);
	if (!emitter->verdicts_first && !result->tuning)
		verdicts(&production);
	produce_findings(&production);
	produce_notes(&production);
	if (!emitter->verdicts_first) {
		if (result->tuning)
			verdicts(&production);
		produce_against(&production);
		produce_gates(&production);
	}
	emitter->end(self);
	production_release(&production);
}
