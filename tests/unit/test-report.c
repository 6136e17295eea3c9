/* SPDX-License-Identifier: MIT */
/*
 * Each fixture in tests/fixtures/results, in each format, is compared with the expected output beside it.
 * After a wanted change: MADVISOR_UPDATE=1 meson test report, and read the difference before committing it.
 */
#include "report/report.h"

#include <jansson.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/document.h"
#include "report/format/bar.h"
#include "golden.h"

static const char *const fixtures[] = { "effect",   "explained", "hostile",  "metrics",
					"modes",    "one",       "partial",  "setting",
					"shootout", "sweep",     "verified", "why" };

static char *fixture_path(const char *name)
{
	return xasprintf("%s/tests/fixtures/results/%s", getenv("MADVISOR_SOURCE"), name);
}

static void load(const char *fixture, struct result *result)
{
	_cleanup_free_ char *file = xasprintf("%s.json", fixture);
	_cleanup_free_ char *path = fixture_path(file);
	_cleanup_error_ struct error err = ERROR_INIT;

	result_init(result);
	if (document_load(path, result, &err) < 0)
		fail_msg("%s", err.message);
}

static unsigned int count_of(const char *text, const char *part)
{
	unsigned int count = 0;

	for (; (text = strstr(text, part)); text++)
		count++;
	return count;
}

static void render(const struct result *result, const char *format,
		   const struct report_options *options, struct strbuf *out)
{
	const struct report_format *found = report_format_by_name(format);

	assert_non_null(found);
	assert_int_equal(report_write(result, found, options, out, NULL), 0);
}

static void render_fixture(const char *fixture, const char *format,
			   const struct report_options *options, struct strbuf *out)
{
	struct result result;

	load(fixture, &result);
	render(&result, format, options, out);
	result_release(&result);
}

static void expect(const char *file, const struct strbuf *got)
{
	_cleanup_free_ char *path = fixture_path(file);

	golden_expect(path, got);
}

/* Of pages, whose style is the same in all, one keeps it. */
static void expect_format(const char *format, const char *file, struct strbuf *page)
{
	if (strcmp(format, "html") != 0 || !strcmp(file, "one.html")) {
		expect(file, page);
		return;
	}
	char *begin = strstr(page->buf, "<style>"), *end = strstr(page->buf, "</style>");

	assert_non_null(begin);
	assert_non_null(end);
	memmove(begin + strlen("<style>"), end, strlen(end) + 1);
	strbuf_truncate(page, strlen(page->buf));
	expect(file, page);
}

static void expect_all(const char *format, const struct report_options *options, const char *suffix)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_free_ char *file = xasprintf("%s.%s", fixtures[i], suffix);
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

		render_fixture(fixtures[i], format, options, &got);
		expect_format(format, file, &got);
	}
}

static const struct report_options plain = { .utf8 = true, .no_charts = true, .details = true };
static const struct report_options wide = {
	.utf8 = true, .width = 120, .no_charts = true, .details = true
};
static const struct report_options narrow = { .utf8 = false, .width = 80, .details = true };
static const struct report_options coloured = {
	.utf8 = true, .colour = true, .width = 100, .details = true
};

static void terminals_as_expected(void **state)
{
	expect_all("term", &wide, "term.txt");
	expect_all("term", &narrow, "term-80-ascii.txt");
	expect_all("term", &coloured, "term-colour.txt");
}

/* Kept documents as a terminal first shows them: the verdict, what differs, and the verdict again, on a screen. */
static void first_screens_as_expected(void **state)
{
	static const char *const first[] = {
		"sweep", "bench13",   "one",      "setting", "effect",
		"why",   "explained", "verified", "tuned",   "untuned"
	};
	static const unsigned int widths[] = { 60, 80, 120 };

	for (size_t i = 0; i < ARRAY_SIZE(first); i++)
		for (size_t k = 0; k < ARRAY_SIZE(widths); k++) {
			const struct report_options options = {
				.utf8 = true,
				.width = widths[k],
				.last_verdict = true,
			};
			_cleanup_free_ char *file =
				xasprintf("%s.first-%u.txt", first[i], widths[k]);
			_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

			render_fixture(first[i], "term", &options, &got);
			expect(file, &got);
		}
}

static unsigned int widest_line(const char *text)
{
	size_t widest = 0;

	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n"), columns = 0;

		for (size_t i = 0; i < len; i++)
			columns += ((unsigned char)line[i] & 0xc0) != 0x80;
		widest = columns > widest ? columns : widest;
		line += len + (line[len] == '\n');
	}
	return (unsigned int)widest;
}

/* Names of one word that are wider than the terminal are left whole. */
static void tables_fit_the_width(void **state)
{
	static const char *const tables[] = { "bench13", "metrics",  "modes", "one",
					      "setting", "shootout", "why" };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (unsigned int width = 60; width <= 140; width += 5)
			for (int details = 0; details < 2; details++) {
				const struct report_options options = {
					.utf8 = true,
					.width = width,
					.details = details,
					.last_verdict = true,
				};
				_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

				render_fixture(tables[i], "term", &options, &got);
				if (widest_line(got.buf) > width)
					fail_msg("%s: %u columns of %u", tables[i],
						 widest_line(got.buf), width);
			}
}

/* With the line that tells where the result was saved it is 20. */
static void a_bench_of_13_cases_fits_a_screen(void **state)
{
	const struct report_options options = { .utf8 = true, .width = 80, .last_verdict = true };
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	render_fixture("bench13", "term", &options, &got);
	assert_true(count_of(got.buf, "\n") <= 19);
	assert_true(widest_line(got.buf) <= 80);
	/* The first sentence is the last. */
	const char *verdict = strstr(got.buf, "\n\n") + 2;
	_cleanup_free_ char *sentence = xstrndup(verdict, strcspn(verdict, "\n") + 1);
	assert_string_equal(got.buf + got.len - strlen(sentence), sentence);
}

/* Documents of the first schema, from before there was a kind and a judgement, read like those of today. */
static void old_documents_as_expected(void **state)
{
	static const char *const old[] = { "explained", "hostile", "one", "verified" };
	static const struct {
		const char *format, *suffix;
		const struct report_options *options;
	} formats[] = { { "term", "term.txt", &wide },
			{ "markdown", "md", &plain },
			{ "html", "html", &plain },
			{ "csv", "csv", &plain } };

	for (size_t i = 0; i < ARRAY_SIZE(old); i++)
		for (size_t k = 0; k < ARRAY_SIZE(formats); k++) {
			_cleanup_free_ char *name = xasprintf("v1-%s", old[i]);
			_cleanup_free_ char *file = xasprintf("%s.%s", old[i], formats[k].suffix);
			_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

			render_fixture(name, formats[k].format, formats[k].options, &got);
			expect_format(formats[k].format, file, &got);
		}
}

static void documents_as_expected(void **state)
{
	expect_all("markdown", &plain, "md");
	expect_all("csv", &plain, "csv");
	expect_all("html", &plain, "html");
	expect_all("hyperfine", &plain, "hyperfine.json");
}

/* Whether all that `part` says stands in `whole` too, which may say more. */
static bool contains(const json_t *whole, json_t *part)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_object(part)) {
		json_object_foreach(part, key, value) if (!contains(json_object_get(whole, key),
								    value)) return false;
		return true;
	}
	if (!json_is_array(part))
		return json_equal(whole, part);
	if (json_array_size(whole) != json_array_size(part))
		return false;
	json_array_foreach(part, i,
			   value) if (!contains(json_array_get(whole, i), value)) return false;
	return true;
}

/* The JSON of a loaded document is that document, with the keys that were added to the format since. */
static void json_is_the_document(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_free_ char *file = xasprintf("%s.json", fixtures[i]);
		_cleanup_free_ char *path = fixture_path(file);
		_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
		json_t *saved = json_load_file(path, 0, NULL);

		render_fixture(fixtures[i], "json", &plain, &text);
		json_t *again = json_loads(text.buf, 0, NULL);
		assert_non_null(saved);
		assert_true(contains(again, saved));
		json_decref(again);
		json_decref(saved);
	}
}

/* DEL has no escape in jansson, and terminals ignore it. */
static void assert_printable(const char *text, const char *format)
{
	for (const char *s = text; *s; s++)
		if (*s != '\n' &&
		    ((unsigned char)*s < 0x20 || (*s == 0x7f && strcmp(format, "json"))))
			fail_msg("%s: control character %02x", format, *s);
	/* U+202E, which turns the direction of what follows. */
	assert_null(strstr(text, "\u202e"));
}

static void no_format_lets_hostile_text_through(void **state)
{
	const struct report_format *const *formats = report_formats();

	for (size_t i = 0; formats[i]; i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

		render_fixture("hostile", formats[i]->name, &wide, &got);
		render_fixture("explained", formats[i]->name, &wide, &got);
		assert_printable(got.buf, formats[i]->name);
		if (!strcmp(formats[i]->name, "html") || !strcmp(formats[i]->name, "markdown")) {
			assert_null(strstr(got.buf, "<script"));
			assert_null(strstr(got.buf, "<img"));
			assert_null(strstr(got.buf, "<b>"));
		}
	}
}

/* A terminal that shows ASCII alone cannot show every line that another can. */
static void a_line_to_copy_is_shown_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *value;
		bool utf8, ascii;
	} rows[] = { { "a\\b'c", true, true },
		     { "\u00e4", true, false },
		     { "\u202e", false, false } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		for (int utf8 = 0; utf8 < 2; utf8++) {
			const struct report_options options = { .utf8 = utf8, .details = true };
			_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
			struct result result;

			load("explained", &result);
			free(result.findings[1].env[0]);
			result.findings[1].env[0] = xasprintf("V=%s", rows[i].value);
			render(&result, "term", &options, &got);
			result_release(&result);
			bool shown = strstr(got.buf, "What to set\n  V='");
			assert_int_equal(shown, utf8 ? rows[i].utf8 : rows[i].ascii);
			assert_int_equal(!shown, !!strstr(got.buf, "no line to copy"));
			if (!i)
				assert_non_null(strstr(got.buf, "\n  V='a\\b'\\''c'\n"));
		}
}

/* With its charts, in which the names stand too: the page's own script is the only one. */
static void hostile_names_start_no_script(void **state)
{
	static const struct report_options charts = { .utf8 = true };
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	render_fixture("hostile", "html", &charts, &got);
	assert_true(count_of(got.buf, "<svg") > 0);
	assert_int_equal(count_of(got.buf, "<script"), 1);
	assert_int_equal(count_of(got.buf, "</script"), 1);
	assert_int_equal(count_of(got.buf, "script-src 'sha256-"), 1);
	assert_int_equal(count_of(got.buf, "<img"), 0);
	assert_int_equal(count_of(got.buf, "<b>"), 0);
	/* The page's own script is indented with tabs. */
	*strstr(got.buf, "<script>") = '\0';
	assert_printable(got.buf, "html");
}

static unsigned int count_bare_pipes(const char *line, size_t len)
{
	unsigned int count = 0;

	for (size_t i = 0; i < len; i++) {
		if (line[i] == '\\')
			i++;
		else
			count += line[i] == '|';
	}
	return count;
}

static void hostile_names_add_no_columns_to_markdown(void **state)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	unsigned int wanted = 0, tables = 0;

	render_fixture("hostile", "markdown", &plain, &got);
	for (const char *line = got.buf; *line;) {
		size_t len = strcspn(line, "\n");

		if (*line != '|')
			wanted = 0;
		else if (!wanted)
			tables += (wanted = count_bare_pipes(line, len)) > 0;
		else
			assert_int_equal(count_bare_pipes(line, len), wanted);
		line += len + (line[len] == '\n');
	}
	assert_int_equal(tables, 3);
}

/* Fields of a CSV line, quotes respected; *cells_start counts those that a spreadsheet would run. */
static unsigned int count_fields(const char *line, size_t len, unsigned int *formulas)
{
	unsigned int fields = 1;
	bool quoted = false;

	for (size_t i = 0; i < len; i++) {
		bool starts = i == 0 || (!quoted && line[i - 1] == ',');
		char first = line[i] == '"' && i + 1 < len ? line[i + 1] : line[i];

		*formulas += starts && first && strchr("=+-@", first) != NULL;
		if (line[i] == '"')
			quoted = !quoted;
		fields += line[i] == ',' && !quoted;
	}
	return fields;
}

/* What flamegraph.pl, inferno and speedscope take apart: frames between ';', and a number behind the last space. */
static void folded_lines_keep_their_form(void **state)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	unsigned int lines = 0;

	render_fixture("explained", "folded", &plain, &got);
	expect("explained.folded", &got);
	for (const char *line = got.buf; *line; lines++) {
		const char *end = strchr(line, '\n');
		const char *number = memrchr(line, ' ', (size_t)(end - line));

		assert_non_null(number);
		assert_int_equal(strspn(number + 1, "0123456789"), (size_t)(end - number - 1));
		assert_true(number[-1] == ']' && number[1] != '\n');
		line = end + 1;
	}
	assert_int_equal(lines, 8);
	/* A ';' of a name would be another frame. */
	assert_non_null(strstr(got.buf, ";evil:na me"));
}

static void the_program_begins_where_the_allocator_ends(void **state)
{
	struct result result;
	struct stack_place place;

	load("explained", &result);
	place = stack_place(&result, &result.stacks[1]);
	assert_int_equal(place.program, 3);
	assert_int_equal(place.allocator, 4);
	/* The language's containers are passed over. */
	place = stack_place(&result, &result.stacks[2]);
	assert_int_equal(place.program, 2);
	assert_int_equal(place.allocator, 4);
	/* No allocator: the innermost frame that is the program's. */
	place = stack_place(&result, &result.stacks[0]);
	assert_int_equal(place.program, 3);
	assert_true(place.allocator == SIZE_MAX);
	/* No program: a thread that ends. */
	place = stack_place(&result, &result.stacks[4]);
	assert_true(place.program == SIZE_MAX);
	assert_int_equal(place.allocator, 1);
	result_release(&result);
}

static void hostile_names_are_one_harmless_csv_field(void **state)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	unsigned int formulas = 0, lines = 0;

	render_fixture("hostile", "csv", &plain, &got);
	for (const char *line = got.buf; *line; lines++) {
		size_t len = strcspn(line, "\n");

		assert_int_equal(count_fields(line, len, &formulas), 20);
		line += len + 1;
	}
	assert_int_equal(formulas, 0);
	assert_true(lines > 20);
}

static const char *const shown_formats[] = { "term", "markdown", "html" };

/* Of a shootout: the refaults and purges of the contender whose observed run lost events, and no others. */
static struct summary *wall_of(struct result *result, enum contender_role role)
{
	for (size_t i = 0; i < result->summary_count; i++) {
		struct summary *summary = &result->summaries[i];

		if (summary->metric == METRIC_WALL_NS && summary->case_index == 0 &&
		    result->contenders[summary->contender_index].role == role)
			return summary;
	}
	fail();
	return NULL;
}

/* An interval beside 1 that is unclear all the same: the noise of its case is why. */
static void the_noise_of_a_case_is_named_where_it_decides(void **state)
{
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	struct result result;

	load("shootout", &result);
	render(&result, "markdown", &plain, &before);
	assert_null(strstr(before.buf, "the difference is within the noise"));
	struct summary *summary = wall_of(&result, ROLE_CONTENDER);
	summary->ratio = 0.6;
	summary->ratio_low = 0.4;
	summary->ratio_high = 0.9;
	summary->verdict = VERDICT_UNCLEAR;
	wall_of(&result, ROLE_TWIN)->ratio = 1.39;
	render(&result, "markdown", &plain, &after);
	_cleanup_free_ char *wanted = xasprintf(
		"%s: unclear for %s: the difference is within the noise (glibc against itself: 1.39x)",
		result.cases[0].name, result.contenders[summary->contender_index].name);
	assert_non_null(strstr(after.buf, wanted));
	result_release(&result);
}

static void medians_against_the_ratio_are_explained(void **state)
{
	_cleanup_strbuf_ struct strbuf before = STRBUF_INIT, after = STRBUF_INIT;
	struct result result;

	load("shootout", &result);
	wall_of(&result, ROLE_BASELINE)->estimate = 278e6;
	struct summary *summary = wall_of(&result, ROLE_CONTENDER);
	summary->ratio = 0.89;
	summary->estimate = 250e6;
	render(&result, "markdown", &plain, &before);
	summary->estimate = 285e6;
	render(&result, "markdown", &plain, &after);
	_cleanup_free_ char *wanted =
		xasprintf("%s: ratio and medians disagree for %s: ", result.cases[0].name,
			  result.contenders[summary->contender_index].name);
	assert_null(strstr(before.buf, wanted));
	assert_non_null(strstr(after.buf, wanted));
	result_release(&result);
}

static void figures_of_a_lossy_run_are_marked(void **state)
{
	struct result result;

	load("why", &result);
	for (size_t i = 0; i < ARRAY_SIZE(shown_formats); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

		render(&result, shown_formats[i], &plain, &got);
		assert_null(strstr(got.buf, "not exact"));
	}
	for (size_t i = 0; i < result.run_count; i++)
		if (result.runs[i].observed && result.runs[i].case_index == 0 &&
		    result.runs[i].contender_index == 1)
			result.runs[i].metrics.value[METRIC_OBSERVER_LOSSES] = 1234;
	for (size_t i = 0; i < ARRAY_SIZE(shown_formats); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
		bool escaped = !strcmp(shown_formats[i], "markdown");

		render(&result, shown_formats[i], &plain, &got);
		assert_non_null(
			strstr(got.buf, escaped ? "\\* not exact: the observer lost 1,234 events"
						: "* not exact: the observer lost 1,234 events"));
		/* Two marks in the row, one at the footnote. */
		assert_int_equal(count_of(got.buf, escaped ? "\\*" : "*"), 3);
	}
	_cleanup_strbuf_ struct strbuf csv = STRBUF_INIT;
	render(&result, "csv", &plain, &csv);
	assert_int_equal(
		count_of(csv.buf, ",yes,,,,,,,count,\n"),
		count_of(csv.buf, "\nmpsc/16K/senders=5,jemalloc@5.3.0,contender,refaults,") +
			count_of(
				csv.buf,
				"\nmpsc/16K/senders=5,jemalloc@5.3.0,contender,first_touch_faults,") +
			count_of(
				csv.buf,
				"\nmpsc/16K/senders=5,jemalloc@5.3.0,contender,madvise_dontneed_calls,") +
			count_of(
				csv.buf,
				"\nmpsc/16K/senders=5,jemalloc@5.3.0,contender,madvise_free_calls,"));
	assert_int_equal(count_of(csv.buf, ",yes,,,,,,,count,\n"), 4);
	result_release(&result);
}

/* Of one program: the rows of its faults by cause and of its calls, not the number of all faults. */
static void a_lossy_account_is_marked(void **state)
{
	_cleanup_free_ char *path =
		xasprintf("%s/tests/fixtures/explain/lossy.json", getenv("MADVISOR_SOURCE"));
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	struct result result;

	result_init(&result);
	assert_int_equal(document_load(path, &result, NULL), 0);
	render(&result, "term", &plain, &got);
	assert_non_null(strstr(got.buf, "\n  * not exact: the observer lost 1,200 events"));
	unsigned int marked = 0;
	for (const char *line = got.buf; *line;) {
		size_t len = strcspn(line, "\n");
		bool is_class =
			!strncmp(line, "    refault", 11) || !strncmp(line, "    first touch", 15);
		bool has_mark = memchr(line, '*', len) != NULL;

		if (is_class)
			assert_true(has_mark);
		if (!strncmp(line, "  page faults", 13))
			assert_false(has_mark);
		marked += is_class;
		line += len + (line[len] == '\n');
	}
	assert_true(marked > 1);
	result_release(&result);
}

static void ascii_terminals_get_ascii(void **state)
{
	const struct report_options ascii = { .colour = true, .width = 100 };

	for (size_t i = 0; i < ARRAY_SIZE(fixtures); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

		render_fixture(fixtures[i], "term", &ascii, &got);
		for (const char *s = got.buf; *s; s++)
			assert_true((unsigned char)*s < 0x80);
	}
}

static void lines_fit_the_terminal(void **state)
{
	static const char *const ordinary[] = { "one", "partial", "setting", "shootout" };

	for (unsigned int width = 80; width <= 200; width += 7) {
		const struct report_options options = { .width = width };

		for (size_t i = 0; i < ARRAY_SIZE(ordinary); i++) {
			_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

			render_fixture(ordinary[i], "term", &options, &got);
			for (const char *line = got.buf; *line;) {
				size_t len = strcspn(line, "\n");

				if (len > width)
					fail_msg("%s at %u: %.*s", ordinary[i], width, (int)len,
						 line);
				line += len + (line[len] == '\n');
			}
		}
	}
}

/* However narrow the terminal: a verdict on time stands beside the memory it costs. */
static void a_verdict_never_comes_without_memory(void **state)
{
	const struct report_options tiny = { .width = 20, .details = true };
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	unsigned int verdicts = 0;

	render_fixture("setting", "term", &tiny, &got);
	for (const char *line = got.buf; *line;) {
		size_t len = strcspn(line, "\n");
		_cleanup_free_ char *copy = xstrndup(line, len);

		if (strstr(copy, " faster ") && strstr(copy, " ms ")) {
			assert_non_null(strstr(copy, " MiB "));
			verdicts++;
		}
		line += len + (line[len] == '\n');
	}
	assert_int_equal(verdicts, 4);
}

static void poor_results_are_rendered(void **state)
{
	const struct report_format *const *formats = report_formats();
	struct result empty, no_baseline;

	result_init(&empty);
	load("one", &no_baseline);
	for (size_t i = 0; i < no_baseline.contender_count; i++)
		no_baseline.contenders[i].role = ROLE_CONTENDER;
	no_baseline.summary_count = 0;
	for (size_t i = 0; formats[i]; i++) {
		_cleanup_strbuf_ struct strbuf a = STRBUF_INIT;
		_cleanup_strbuf_ struct strbuf b = STRBUF_INIT;

		render(&empty, formats[i]->name, &wide, &a);
		render(&no_baseline, formats[i]->name, &wide, &b);
		/* Without stacks there are no lines of them. */
		if (strcmp(formats[i]->name, "folded") != 0)
			assert_true(a.len > 0 && b.len > 0);
	}
	result_release(&no_baseline);
	result_release(&empty);
}

static void expect_bar(double value, double high, unsigned int width, bool utf8, const char *wanted)
{
	const struct cell cell = { .kind = CELL_BAR, .value = value, .high = high };
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

	bar_text(&got, &cell, width, utf8);
	assert_string_equal(got.buf, wanted);
}

static void bars_are_drawn_to_scale(void **state)
{
	expect_bar(1, 1, 9, false, "########|");
	expect_bar(0.5, 1, 9, false, "####    |");
	expect_bar(2, 2, 9, false, "######## ");
	expect_bar(1, 2, 9, false, "####|    ");
	expect_bar(0, 2, 9, false, "    |    ");
	expect_bar(9, 4, 9, false, "########>");
	expect_bar(NAN, 1, 9, false, "         ");
	expect_bar(1, 1, 3, true, "\u2588\u2588\u2502");
	expect_bar(0.5625, 1, 3, true, "\u2588\u258f\u2502");
	expect_bar(5, 4, 3, true, "\u2588\u2588\u25b6");
}

/* What the "explained" result says with its only remedy predicted and measured like this. */
static void render_remedy(double predicted, double measured, double low, double high,
			  struct strbuf *out)
{
	struct result result;

	load("explained", &result);
	struct finding *finding = &result.findings[1];
	assert_int_equal(finding->setting_count, 2);
	result.command.margin_pct = 2;
	finding->predicted_gain_pct = predicted;
	finding->measured_gain_pct = measured;
	finding->measured_gain_pct_low = low;
	finding->measured_gain_pct_high = high;
	finding_judge(finding, 2, 1);
	render(&result, "markdown", &plain, out);
	result_release(&result);
}

static void a_gain_below_the_margin_is_not_worth_a_change(void **state)
{
	_cleanup_strbuf_ struct strbuf predicted = STRBUF_INIT, measured = STRBUF_INIT,
				       worth = STRBUF_INIT;
	const char *line = "```sh\nGLIBC_TUNABLES=";

	render_remedy(1.4, NAN, NAN, NAN, &predicted);
	assert_non_null(strstr(predicted.buf,
			       "; not verified by a run; less than the margin of 2%: "
			       "not worth a change"));
	assert_non_null(strstr(predicted.buf, "What to set\n\n- nothing worth a change: "));
	assert_null(strstr(predicted.buf, line));
	render_remedy(1.4, 1.5, 1.1, 1.9, &measured);
	assert_non_null(strstr(measured.buf,
			       ": as predicted; less than the margin of 2%: not worth a change"));
	assert_null(strstr(measured.buf, line));
	render_remedy(3, NAN, NAN, NAN, &worth);
	assert_null(strstr(worth.buf, "not worth"));
	assert_non_null(strstr(worth.buf, line));
}

static void only_a_real_gain_is_recommended(void **state)
{
	static const struct {
		double predicted, measured, low, high;
		const char *words;
		bool recommended;
	} rows[] = {
		{ 54, 37, 28, 47,
		  "37% less CPU time (28% to 47%): a real gain, smaller than predicted", true },
		{ 42, 71, 67, 75, ": a real gain, larger than predicted", true },
		{ 42, 41, 37, 44, ": as predicted", true },
		{ 42, 0, -3, 3, ": refuted", false },
		{ 42, 20, -3, 43, ": not settled; more --rounds would settle it", false },
		{ 42, 20, NAN, NAN, ": too few rounds to say", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;

		render_remedy(rows[i].predicted, rows[i].measured, rows[i].low, rows[i].high, &got);
		if (!strstr(got.buf, rows[i].words))
			fail_msg("no \"%s\" in:\n%s", rows[i].words, got.buf);
		assert_int_equal(!!strstr(got.buf, "```sh\nGLIBC_TUNABLES="), rows[i].recommended);
		/* What was tried and not shown to gain is told from what was not tried. */
		assert_int_equal(
			!!strstr(got.buf,
				 "What to set\n\n- nothing worth a change: of what was tried"),
			!rows[i].recommended);
	}
}

/* A gain that nobody is told to use: how large it is, and what speaks against it. */
static void what_a_guard_holds_back_is_said(void **state)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	struct result result;

	load("tuned", &result);
	assert_true(result.case_count > 1);
	for (size_t i = 0; i < result.tuning->finalist_count; i++) {
		result.tuning->finalists[i].end = FINALIST_GUARD;
		result.tuning->finalists[i].case_index = 1;
	}
	render(&result, "markdown", &plain, &got);
	assert_non_null(strstr(got.buf, "nothing: keep the default of "));
	const char *held = strstr(got.buf, "held back: ");
	assert_non_null(held);
	assert_non_null(strstr(held, "gets worse with it ("));
	assert_non_null(strstr(held, result.cases[1].name));
	result_release(&result);
}

/* With two rounds an interval reaches from almost nothing to millions, and no noise is known. */
static void too_few_rounds_are_said_to_be_that(void **state)
{
	for (unsigned int rounds = 2; rounds <= 3; rounds++) {
		_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
		struct result result;

		load("one", &result);
		result.noise_floor_pct = 241;
		for (size_t i = 0; i < result.summary_count; i++) {
			result.summaries[i].rounds = rounds;
			result.summaries[i].ratio_low /= 7803408;
			result.summaries[i].ratio_high *= 7803408;
		}
		render(&result, "markdown", &plain, &got);
		result_release(&result);
		bool few = rounds < 3;
		assert_int_equal(!!strstr(got.buf, "| too few rounds |"), few);
		assert_int_equal(!!strstr(got.buf, "unknown: too few rounds of glibc"), few);
		assert_int_equal(!!strstr(got.buf, "241.0%"), !few);
		assert_int_equal(!!strstr(got.buf, "noisy machine"), !few);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_guard_holds_back_is_said),
		cmocka_unit_test(terminals_as_expected),
		cmocka_unit_test(first_screens_as_expected),
		cmocka_unit_test(tables_fit_the_width),
		cmocka_unit_test(a_bench_of_13_cases_fits_a_screen),
		cmocka_unit_test(documents_as_expected),
		cmocka_unit_test(old_documents_as_expected),
		cmocka_unit_test(json_is_the_document),
		cmocka_unit_test(no_format_lets_hostile_text_through),
		cmocka_unit_test(a_line_to_copy_is_shown_whole_or_not_at_all),
		cmocka_unit_test(hostile_names_start_no_script),
		cmocka_unit_test(hostile_names_add_no_columns_to_markdown),
		cmocka_unit_test(folded_lines_keep_their_form),
		cmocka_unit_test(the_program_begins_where_the_allocator_ends),
		cmocka_unit_test(hostile_names_are_one_harmless_csv_field),
		cmocka_unit_test(the_noise_of_a_case_is_named_where_it_decides),
		cmocka_unit_test(medians_against_the_ratio_are_explained),
		cmocka_unit_test(figures_of_a_lossy_run_are_marked),
		cmocka_unit_test(a_lossy_account_is_marked),
		cmocka_unit_test(ascii_terminals_get_ascii),
		cmocka_unit_test(lines_fit_the_terminal),
		cmocka_unit_test(a_verdict_never_comes_without_memory),
		cmocka_unit_test(poor_results_are_rendered),
		cmocka_unit_test(bars_are_drawn_to_scale),
		cmocka_unit_test(too_few_rounds_are_said_to_be_that),
		cmocka_unit_test(a_gain_below_the_margin_is_not_worth_a_change),
		cmocka_unit_test(only_a_real_gain_is_recommended),
	};

	if (!setlocale(LC_ALL, "C.UTF-8"))
		return 77; /* no UTF-8 locale: skipped */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
