/* SPDX-License-Identifier: MIT */
#include "prove.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdlib.h>

#include "base/array.h"

/* dladdr(3); the path is made absolute and free of links, so that it can be compared. */
static void prove_one(struct strbuf *sb, const char *function)
{
	void *address = dlsym(RTLD_DEFAULT, function);
	char path[PATH_MAX];
	Dl_info info;

	if (!address || !dladdr(address, &info) || !info.dli_fname)
		return;
	strbuf_addf(sb, "%s_object %s\n", function,
		    realpath(info.dli_fname, path) ? path : info.dli_fname);
}

void prove(struct strbuf *sb)
{
	static const char *const functions[] = { "malloc", "calloc", "free", "posix_memalign" };

	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		prove_one(sb, functions[i]);
}
