/* SPDX-License-Identifier: MIT */
#include "alloc/introspect.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/confined.h"
#include "base/units.h"

#define PATIENCE_NS (5 * NS_PER_SEC)

struct asking {
	const char *path;
	const char *const *env;
	library_question question;
};

static int load_and_ask(void *argument, struct strbuf *answer, struct error *err)
{
	const struct asking *asking = argument;

	for (size_t i = 0; asking->env && asking->env[i]; i++)
		putenv((char *)asking->env[i]);
	void *handle = dlopen(asking->path, RTLD_LAZY | RTLD_LOCAL);
	if (!handle)
		return error_set(err, ERROR_MACHINE, ELIBACC, "%s cannot be loaded", asking->path);
	asking->question(handle, answer);
	return 0;
}

int library_ask(const struct library *library, const char *const *env, library_question question,
		struct strbuf *answer)
{
	struct asking asking = { library->path, env, question };
	const struct confined confined = {
		.rights = library->rights,
		.timeout_ns = PATIENCE_NS,
		.memory_bytes = LIBRARY_MEMORY_BYTES,
	};

	return confined_call(&confined, load_and_ask, &asking, answer, NULL);
}
