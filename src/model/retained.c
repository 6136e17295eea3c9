/* SPDX-License-Identifier: MIT */
#include "model/retained.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const keys[] = {
#define RETAINED(id, key, label) key,
#include "model/retained.def"
#undef RETAINED
};

static const char *const labels[] = {
#define RETAINED(id, key, label) label,
#include "model/retained.def"
#undef RETAINED
};

static const char *const whens[RETAINED_WHEN_COUNT] = { "peak", "last", "now", "end" };

void retained_init(struct retained *retained)
{
	*retained = (struct retained){ .after_ns = NAN };
	for (size_t i = 0; i < RETAINED_COUNT; i++)
		retained->value[i] = NAN;
}

void retained_release(struct retained *retained)
{
	free(retained->allocator);
	free(retained->doubt);
	free(retained->unknown);
	retained->allocator = retained->doubt = retained->unknown = NULL;
}

const char *retained_key(enum retained_id id)
{
	return keys[id];
}

const char *retained_label(enum retained_id id)
{
	return labels[id];
}

const char *retained_when_name(enum retained_when when)
{
	return whens[when];
}

int retained_when_by_name(const char *name)
{
	for (int i = 0; i < RETAINED_WHEN_COUNT; i++)
		if (!strcmp(whens[i], name))
			return i;
	return -1;
}
