/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a result document. What is refused has a message and a hint; what is accepted can be
 * written and read again to the same text, and rendered in every format.
 */
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/document.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	setlocale(LC_ALL, "C.UTF-8");
	return 0;
}

static void check_rewriting(const struct result *result)
{
	_cleanup_strbuf_ struct strbuf first = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf second = STRBUF_INIT;
	struct result again;

	document_write(result, &first);
	result_init(&again);
	if (document_parse(first.buf, first.len, "again", &again, NULL) < 0)
		abort();
	document_write(&again, &second);
	if (first.len != second.len || memcmp(first.buf, second.buf, first.len))
		abort();
	result_release(&again);
}

static void check_rendering(const struct result *result, bool utf8)
{
	const struct report_options options = { .colour = !utf8,
						.utf8 = utf8,
						.width = utf8 ? 100 : 0 };
	const struct report_format *const *formats = report_formats();

	for (size_t i = 0; formats[i]; i++) {
		_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;

		if (report_write(result, formats[i], &options, &out, NULL) < 0)
			abort();
		/* Without stacks there are no lines of them. */
		if (!out.len && (strcmp(formats[i]->name, "folded") || result->stack_count))
			abort();
		if (out.len && strlen(out.buf) != out.len)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	result_init(&result);
	if (document_parse((const char *)data, size, "fuzz", &result, &err) < 0) {
		if (!err.message || !err.hint || result.contenders || result.runs)
			abort();
		return 0;
	}
	check_rewriting(&result);
	check_rendering(&result, size % 2);
	result_release(&result);
	return 0;
}
