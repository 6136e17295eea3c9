/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the journal of a killed run. What is refused has a message and a hint, and leaves no rows; what is accepted is a
 * partial result, and can be written as a journal again that gives the same document.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "model/document.h"
#include "model/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_journal(const struct result *result, struct strbuf *sb)
{
	journal_write_head(result, sb);
	for (size_t i = 0; i < result->run_count; i++)
		journal_write_run(result, i, sb);
}

static void check_rewriting(const struct result *result)
{
	_cleanup_strbuf_ struct strbuf journal = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf first = STRBUF_INIT, second = STRBUF_INIT;
	struct result plain = *result, again;

	plain.summary_count = 0; /* no part of a journal */
	document_write(&plain, &first);
	write_journal(result, &journal);
	result_init(&again);
	if (journal_parse(journal.buf, journal.len, "again", &again, NULL) < 0)
		abort();
	document_write(&again, &second);
	if (first.len != second.len || memcmp(first.buf, second.buf, first.len))
		abort();
	result_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct result result;

	result_init(&result);
	if (journal_parse((const char *)data, size, "fuzz", &result, &err) < 0) {
		if (!err.message || !err.hint || result.contenders || result.runs)
			abort();
		return 0;
	}
	if (!result.partial || strcmp(result.command.stopped, "killed"))
		abort();
	check_rewriting(&result);
	result_release(&result);
	return 0;
}
