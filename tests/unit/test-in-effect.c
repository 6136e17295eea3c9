/* SPDX-License-Identifier: MIT */
/* What witnesses say, held against which programs ran: who ran without the contender, and for how long. */
#include "run/effect.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/xalloc.h"
#include "model/result.h"

static bool is_ours(const void *context, const char *object)
{
	return !strcmp(object, context);
}

static size_t parse(const char *text, struct testimonies *ret)
{
	_cleanup_free_ char *copy = xstrdup(text);
	size_t first;

	testimonies_parse(copy, is_ours, "/lib/ours.so", ret, &first);
	return first;
}

static void each_program_speaks_once(void **state)
{
	_cleanup_testimonies_ struct testimonies said = { 0 };
	(void)state;

	assert_int_equal(parse("start\tff\t/lib/ours.so\t/bin/sh\n"
			       "start\t2\t/lib/other.so\t/bin/a\n"
			       "end\tff\t/lib/ours.so\t700\n"
			       "end\tff\t/lib/ours.so\t1000\n",
			       &said),
			 1); /* by key, 2 comes first */
	assert_int_equal(said.count, 2);
	const struct testimony *sh = testimonies_find(&said, 0xff);
	assert_true(sh->serves);
	assert_null(sh->object);
	assert_int_equal(sh->ends, 2);
	assert_int_equal(sh->cpu_ns, 1700);
	const struct testimony *other = testimonies_find(&said, 2);
	assert_false(other->serves);
	assert_string_equal(other->object, "/lib/other.so");
	assert_null(testimonies_find(&said, 3));
}

static void a_malloc_that_changes_is_not_ours(void **state)
{
	_cleanup_testimonies_ struct testimonies said = { 0 };
	(void)state;

	parse("start\t1\t/lib/ours.so\t/bin/a\nend\t1\t/lib/other.so\t5\n", &said);
	assert_int_equal(said.count, 1);
	assert_false(said.items[0].serves);
	assert_string_equal(said.items[0].object, "/lib/other.so");
}

static void what_no_witness_wrote_is_left_out(void **state)
{
	static const char *const lines[] = {
		"",
		"start",
		"start\t1",
		"start\t1\t/lib/ours.so",
		"start\t\t/lib/ours.so\tx",
		"start\t-1\t/lib/ours.so\tx",
		"start\t1g\t/lib/ours.so\tx",
		"start\t11111111111111111\t/lib/ours.so\tx",
		"start\t1\t\tx",
		"begin\t1\t/lib/ours.so\tx",
		"end\t1\t/lib/ours.so\tx",
		"end\t1\t/lib/ours.so\t-5",
		"end\t1\t/lib/ours.so\t99999999999999999999",
	};
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		_cleanup_testimonies_ struct testimonies said = { 0 };

		assert_true(parse(lines[i], &said) == SIZE_MAX);
		assert_int_equal(said.count, 0);
	}
}

static size_t asked;

static bool count_and_agree(const void *context, const char *object)
{
	asked++;
	return true;
}

static void only_so_many_objects_are_looked_at(void **state)
{
	_cleanup_testimonies_ struct testimonies said = { 0 };
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	size_t first;
	(void)state;

	for (int i = 0; i < 1000; i++)
		strbuf_addf(&text, "start\t%x\t/lib/%d.so\tx\n", i + 1, i);
	testimonies_parse(text.buf, count_and_agree, NULL, &said, &first);
	assert_int_equal(said.count, 1000);
	assert_true(asked < 300);
	assert_false(said.items[999].serves);
}

static const struct lineage_image images[] = {
	{ .key = 0xff, .cpu_ns = 100, .processes = 3, .is_preloaded = true, .path = "/bin/sh" },
	{ .key = 2, .cpu_ns = 200, .processes = 1, .is_preloaded = true, .path = "/bin/a" },
	{ .key = 3, .cpu_ns = 300, .processes = 1, .path = "/bin/b" },
	{ .key = 4, .cpu_ns = 100, .processes = 1, .path = "/bin/b" },
	{ .key = 5, .cpu_ns = 150, .processes = 1, .is_static = true, .path = "/bin/c" },
	{ .key = 6, .cpu_ns = 50, .processes = 1, .is_secure = true, .path = "/bin/d" },
	{ .key = 0, .cpu_ns = 100, .processes = 1, .is_preloaded = true },
};

static void shares_are_of_the_lineage(void **state)
{
	static const enum effect_reason reasons[] = { EFFECT_ENVIRONMENT, EFFECT_OTHER,
						      EFFECT_STATIC, EFFECT_SILENT,
						      EFFECT_PRIVILEGED };
	_cleanup_testimonies_ struct testimonies said = { 0 };
	struct lineage_image *copy = xcalloc(ARRAY_SIZE(images), sizeof(*copy));
	struct lineage lineage = { copy, ARRAY_SIZE(images), true };
	struct effect effect = { .without_pct = NAN };
	(void)state;

	memcpy(copy, images, sizeof(images));
	parse("start\tff\t/lib/ours.so\tx\nstart\t2\t/lib/other.so\tx\nstart\t77\t/lib/ours.so\tx\n"
	      "end\t0\t/lib/ours.so\t9\n",
	      &said);
	effect_judge(&said, &lineage, NULL, NAN, &effect);
	assert_int_equal(effect.processes, 9);
	assert_int_equal(effect.without, 6);
	assert_true(effect.cpu_ns == 1000);
	assert_true(fabs(effect.without_pct - 90) < 1e-9);
	assert_string_equal(effect.source, "ptrace");
	assert_int_equal(effect.program_count, ARRAY_SIZE(reasons));
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (i != 3) /* as much as the one before or behind it: in either order */
			assert_int_equal(effect.programs[i].reason, reasons[i]);
	assert_string_equal(effect.programs[0].path, "/bin/b");
	assert_int_equal(effect.programs[0].processes, 2);
	assert_true(fabs(effect.programs[0].cpu_pct - 40) < 1e-9);
	assert_string_equal(effect.programs[1].object, "/lib/other.so");
	assert_null(effect.programs[3].path);
	effect_release(&effect);
	free(copy);
}

/* The share by what witnesses said; NAN where that is not enough. */
static double share_by_witness(const char *text, double tree_cpu_ns, const char *source)
{
	_cleanup_testimonies_ struct testimonies said = { 0 };
	struct effect effect = { .without_pct = NAN };

	parse(text, &said);
	effect_judge(&said, NULL, NULL, tree_cpu_ns, &effect);
	assert_int_equal(effect.processes, 0);
	assert_true(source ? effect.source && !strcmp(effect.source, source) : !effect.source);
	double share = effect.without_pct;
	effect_release(&effect);
	return share;
}

static void without_a_lineage_the_witness_counts(void **state)
{
	(void)state;
	assert_true(fabs(share_by_witness("start\t1\t/lib/ours.so\tx\nend\t1\t/lib/ours.so\t600\n",
					  1000, "witness") -
			 40) < 1e-9);
	assert_true(isnan(share_by_witness("start\t1\t/lib/ours.so\tx\n", 1000, NULL)));
	assert_true(isnan(share_by_witness("start\t1\t/lib/ours.so\tx\nend\t1\t/lib/ours.so\t600\n",
					   NAN, NULL)));
	/* The first one ended by exec: what the second one took is enough to know. */
	assert_true(fabs(share_by_witness("start\t1\t/lib/ours.so\tx\nstart\t2\t/lib/ours.so\tx\n"
					  "end\t2\t/lib/ours.so\t970\n",
					  1000, "witness") -
			 3) < 1e-9);
	/* A target's word has no effect beyond all and nothing. */
	assert_true(share_by_witness("end\t2\t/lib/ours.so\t5000\n", 1000, "witness") == 0);
}

static void little_effect_is_no_verdict(void **state)
{
	struct result result;
	(void)state;

	result_init(&result);
	result_add_contender(&result)->role = ROLE_BASELINE;
	result_add_contender(&result)->role = ROLE_CONTENDER;
	assert_false(result_withheld(&result, 0, 1));
	struct effect *effect = result_add_effect(&result);
	effect->contender_index = 1;
	assert_false(result_withheld(&result, 0, 1)); /* not known */
	effect->without_pct = 50;
	assert_false(result_withheld(&result, 0, 1));
	effect->without_pct = 50.1;
	assert_true(result_withheld(&result, 0, 1));
	assert_false(result_withheld(&result, 1, 1));
	effect->contender_index = 0; /* with the baseline's, all of them */
	assert_true(result_withheld(&result, 0, 1));
	result_release(&result);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_program_speaks_once),
		cmocka_unit_test(a_malloc_that_changes_is_not_ours),
		cmocka_unit_test(what_no_witness_wrote_is_left_out),
		cmocka_unit_test(only_so_many_objects_are_looked_at),
		cmocka_unit_test(shares_are_of_the_lineage),
		cmocka_unit_test(without_a_lineage_the_witness_counts),
		cmocka_unit_test(little_effect_is_no_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
