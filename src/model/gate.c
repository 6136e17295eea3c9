/* SPDX-License-Identifier: MIT */
#include "model/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static const char *const names[] = {
	[GATE_UNDECIDED] = "undecided",
	[GATE_HOLDS] = "holds",
	[GATE_DOES_NOT_HOLD] = "does-not-hold",
};

const char *gate_decision_name(enum gate_decision decision)
{
	return names[decision];
}

int gate_decision_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], name))
			return (int)i;
	return -1;
}

void gate_release(struct gate *gate)
{
	free(gate->condition);
	gate->condition = NULL;
}

bool gate_covers(const struct gate *gate, size_t case_index)
{
	return gate->any_case || gate->case_index == case_index;
}
