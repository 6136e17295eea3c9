/* SPDX-License-Identifier: MIT */
#include "model/effect.h"

#include <stdlib.h>
#include <string.h>

static const char *const reasons[EFFECT_REASONS] = {
	[EFFECT_OWN] = "own",
	[EFFECT_STATIC] = "static",
	[EFFECT_PRIVILEGED] = "privileged",
	[EFFECT_FOREIGN] = "foreign",
	[EFFECT_ENVIRONMENT] = "environment",
	[EFFECT_OTHER] = "other",
	[EFFECT_SILENT] = "silent",
};

void effect_program_release(struct effect_program *program)
{
	free(program->path);
	free(program->object);
	free(program->allocator);
	free(program->set_with);
}

void effect_release(struct effect *effect)
{
	for (size_t i = 0; i < effect->program_count; i++)
		effect_program_release(&effect->programs[i]);
	free(effect->programs);
	free(effect->source);
	*effect = (struct effect){ 0 };
}

const char *effect_reason_name(enum effect_reason reason)
{
	return reasons[reason];
}

int effect_reason_by_name(const char *name)
{
	for (int i = 0; i < EFFECT_REASONS; i++)
		if (!strcmp(reasons[i], name))
			return i;
	return -1;
}
