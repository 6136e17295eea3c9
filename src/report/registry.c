/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "report/emitter.h"
#include "report/report.h"

static const struct report_format *const formats[] = {
	&report_term,     &report_json,      &report_markdown, &report_html,        &report_csv,
	&report_csv_runs, &report_hyperfine, &report_folded,   &report_openmetrics, NULL,
};

const struct report_format *const *report_formats(void)
{
	return formats;
}

const struct report_format *report_format_by_name(const char *name)
{
	for (size_t i = 0; formats[i]; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

int report_write(const struct result *result, const struct report_format *format,
		 const struct report_options *options, struct strbuf *out, struct error *err)
{
	return format->write(result, options, out, err);
}
