/* SPDX-License-Identifier: MIT */
/* What became of each condition of --fail-if. */
#include "base/strbuf.h"
#include "model/judge.h"
#include "report/produce.h"

void produce_gates(const struct production *production)
{
	const struct result *result = production->result;

	if (!result->gate_count)
		return;
	production->emitter->heading(production->self, "Conditions");
	for (size_t i = 0; i < result->gate_count; i++) {
		_cleanup_strbuf_ struct strbuf line = STRBUF_INIT;

		gate_describe(&result->gates[i], result, &line);
		production->emitter->note(production->self,
					  result->gates[i].decision == GATE_HOLDS ? NOTE_WARNING
										  : NOTE_PLAIN,
					  line.buf);
	}
}
