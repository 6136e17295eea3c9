/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/document.h"
#include "model/journal.h"

static void add_run(struct result *result, size_t contender, unsigned int round, double wall_ns)
{
	struct run *run = result_add_run(result);

	run->contender_index = contender;
	run->round = round;
	run->probe = xstrdup("rusage");
	run->metrics.value[METRIC_WALL_NS] = wall_ns;
}

static void fill(struct result *result)
{
	result_init(result);
	result->tool_version = xstrdup("1");
	result->command.name = xstrdup("bench");
	result->command.argv = xcalloc(3, sizeof(char *));
	result->command.argv[0] = xstrdup("madvisor");
	result->command.argv[1] = xstrdup("line\nbreak \"quoted\" \xff");
	result->command.started = xstrdup("2026-01-01T00:00:00Z");
	result->command.confidence = 0.95;
	result->command.margin_pct = 5;
	for (size_t i = 0; i < 2; i++) {
		struct contender *contender = result_add_contender(result);

		contender->name = xstrdup(i ? "jemalloc" : "glibc");
		contender->role = i ? ROLE_CONTENDER : ROLE_BASELINE;
	}
	result_add_case(result)->name = xstrdup("mpsc/8");
}

static size_t count_lines(const struct strbuf *text)
{
	size_t count = 0;

	for (size_t i = 0; i < text->len; i++)
		count += text->buf[i] == '\n';
	return count;
}

/* What a document of it would be had it been killed. */
static void write_killed(struct result *result, struct strbuf *sb)
{
	free(result->command.stopped);
	result->command.stopped = xstrdup("killed");
	result->partial = true;
	document_write(result, sb);
}

static void rows_make_the_document(void **state)
{
	_cleanup_strbuf_ struct strbuf journal = STRBUF_INIT, wanted = STRBUF_INIT,
				       got = STRBUF_INIT;
	struct result result, recovered;

	fill(&result);
	journal_write_head(&result, &journal);
	add_run(&result, 1, 1, 1.5e9);
	journal_write_run(&result, 0, &journal);
	result_add_note(&result, "found later");
	result.contenders[1].withdrawn = xstrdup("it fails");
	journal_write_head(&result, &journal);
	add_run(&result, 0, 2, NAN);
	result.runs[1].error = xstrdup("it crashed\n\x1b[2J");
	journal_write_run(&result, 1, &journal);
	assert_int_equal(count_lines(&journal), 4);

	result_init(&recovered);
	assert_int_equal(journal_parse(journal.buf, journal.len, "j", &recovered, NULL), 0);
	write_killed(&result, &wanted);
	document_write(&recovered, &got);
	assert_string_equal(got.buf, wanted.buf);
	result_release(&recovered);
	result_release(&result);
}

/* Runs of a tuning's search are rows of its own. */
static void samples_make_the_document(void **state)
{
	_cleanup_strbuf_ struct strbuf journal = STRBUF_INIT, wanted = STRBUF_INIT,
				       got = STRBUF_INIT;
	struct result result, recovered;

	fill(&result);
	result.kind = RESULT_TUNE;
	result.tuning = xcalloc(1, sizeof(*result.tuning));
	result.tuning->noise_pct = result.tuning->search_ns = NAN;
	for (unsigned int i = 0; i < 3; i++) {
		struct tuning_sample *sample =
			ARRAY_PUSH(result.tuning->samples, result.tuning->sample_count,
				   result.tuning->sample_alloc);

		*sample = (struct tuning_sample){ .settings = xstrdup("a=1"),
						  .block = i + 1,
						  .value = i == 1 ? NAN : 0.1 + i,
						  .memory = 4096,
						  .wall_ns = 1e9,
						  .spent_ns = 2e9,
						  .failure = i == 1 ? xstrdup("no\n") : NULL };
	}
	const uint64_t digest = journal_head_digest(&result);
	journal_write_head(&result, &journal);
	for (size_t i = 0; i < 3; i++)
		journal_write_sample(&result, i, &journal);
	add_run(&result, 1, 1, 1.5e9);
	journal_write_run(&result, 0, &journal);
	assert_int_equal(count_lines(&journal), 5);
	result.tuning->sample_count = 2;
	assert_true(journal_head_digest(&result) == digest);
	result.tuning->sample_count = 3;

	result_init(&recovered);
	assert_int_equal(journal_parse(journal.buf, journal.len, "j", &recovered, NULL), 0);
	assert_int_equal(recovered.tuning->sample_count, 3);
	write_killed(&result, &wanted);
	document_write(&recovered, &got);
	assert_string_equal(got.buf, wanted.buf);
	result_release(&recovered);
	result_release(&result);
}

/* However short it was cut, what is whole is there. */
static void a_cut_journal_keeps_its_whole_rows(void **state)
{
	_cleanup_strbuf_ struct strbuf journal = STRBUF_INIT;
	struct result result, recovered;
	size_t head_len;

	fill(&result);
	journal_write_head(&result, &journal);
	head_len = journal.len;
	for (unsigned int i = 0; i < 3; i++) {
		add_run(&result, i % 2, i + 1, i);
		journal_write_run(&result, i, &journal);
	}
	for (size_t len = 0; len <= journal.len; len++) {
		size_t whole = 0;

		for (size_t i = head_len; i < len; i++)
			whole += journal.buf[i] == '\n';
		result_init(&recovered);
		int r = journal_parse(journal.buf, len, "j", &recovered, NULL);
		assert_int_equal(r, len < head_len ? -EINVAL : 0);
		if (r == 0)
			assert_int_equal(recovered.run_count, whole);
		result_release(&recovered);
	}
	result_release(&result);
}

static void the_digest_tells_of_changes(void **state)
{
	struct result result;

	fill(&result);
	uint64_t before = journal_head_digest(&result);
	add_run(&result, 0, 1, 1);
	assert_true(journal_head_digest(&result) == before);
	result_add_note(&result, "a note");
	uint64_t after = journal_head_digest(&result);
	assert_true(after != before);
	result_add_stack(&result);
	assert_true(journal_head_digest(&result) != after);
	result_release(&result);
}

static void other_texts_are_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"{}",
		"{}\n",
		"[]\n",
		"{\"run\": {}}\n",
		"{\"journal\": \"madvisor.journal/2\", \"document\": {}}\n",
		"{\"journal\": \"" JOURNAL_SCHEMA "\"}\n",
		"{\"journal\": \"" JOURNAL_SCHEMA "\", \"document\": {}}\n",
		"{\"journal\": \"" JOURNAL_SCHEMA "\", \"document\": []}\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct result result;

		result_init(&result);
		assert_int_equal(journal_parse(texts[i], strlen(texts[i]), "j", &result, &err),
				 -EINVAL);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_non_null(err.hint);
		assert_int_equal(result.run_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_make_the_document),
		cmocka_unit_test(samples_make_the_document),
		cmocka_unit_test(a_cut_journal_keeps_its_whole_rows),
		cmocka_unit_test(the_digest_tells_of_changes),
		cmocka_unit_test(other_texts_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
