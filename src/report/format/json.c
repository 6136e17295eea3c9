/* SPDX-License-Identifier: MIT */
#include "model/document.h"
#include "report/emitter.h"

static int write_json(const struct result *result, const struct report_options *options,
		      struct strbuf *out, struct error *err)
{
	document_write(result, out);
	return 0;
}

const struct report_format report_json = {
	.name = "json",
	.option = "json",
	.description = "the result document itself, for programs and for madvisor report",
	.write = write_json,
};
