/* SPDX-License-Identifier: MIT */
/*
 * Any text as a case name: parsing never crashes, a refusal says why, and the canonical name of
 * what is accepted is accepted again as itself.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "case-list.h"
#include "case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_canonical(const struct workload_case *c)
{
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT, again = STRBUF_INIT;
	struct workload_case second;

	case_name(c, &name);
	if (case_parse(name.buf, &second, NULL) < 0)
		abort();
	case_name(&second, &again);
	if (strcmp(name.buf, again.buf))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = xstrndup((const char *)data, size);
	_cleanup_error_ struct error err = ERROR_INIT;
	struct workload_case c;

	case_list_nearest(text);
	if (case_parse(text, &c, &err) == 0)
		check_canonical(&c);
	else if (err.kind != ERROR_USAGE || !err.message || !*err.message)
		abort();
	return 0;
}
