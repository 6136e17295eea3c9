/* SPDX-License-Identifier: MIT */
#include <stdint.h>

#include "report/produce.h"

/* Of a report that has to fit a screen. */
#define WARNINGS_SHOWN 3

/* All there is below the verdict. */
static void produce_all(const struct production *production)
{
	const struct result *result = production->result;
	const struct emitter *emitter = production->emitter;

	produce_charts(production);
	production->emitter->heading(production->self, "Measurement");
	produce_facts(production);
	produce_warnings(production, SIZE_MAX);
	/* A tuning has verdicts of its own, and a sweep a table. */
	void (*verdicts)(const struct production *) = result->tuning  ? produce_tuning
						      : result->sweep ? produce_sweep
								      : produce_verdicts;
	if (emitter->verdicts_first)
		verdicts(production);
	produce_tax(production);
	produce_stacks(production);
	produce_retained(production);
	/* A program explained by itself has nothing to compare with. */
	if (production->contender_count || !production_is_explanation(production))
		produce_details(production);
	if (!emitter->verdicts_first)
		verdicts(production);
	produce_findings(production);
	produce_notes(production);
	produce_method(production);
}

void report_produce(const struct result *result, const struct emitter *emitter, void *self)
{
	struct production production;

	production_init(&production, result, emitter, self);
	produce_title(&production);
	produce_gates(&production);
	produce_headline(&production);
	produce_against(&production);
	if (emitter->brief) {
		produce_warnings(&production, WARNINGS_SHOWN);
		produce_brief(&production);
		say(&production, NOTE_WHERE,
		    "all figures: --details; a page: --html FILE; again: madvisor report");
	} else {
		produce_all(&production);
	}
	if (emitter->verdict_last)
		produce_headline_again(&production);
	emitter->end(self);
	production_release(&production);
}
