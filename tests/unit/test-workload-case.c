/* SPDX-License-Identifier: MIT */
/* Case names: what is accepted, its one canonical form, and what a refusal says. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "case-list.h"
#include "case.h"
#include "nearest.h"

static void canonical(const char *name, const char *wanted)
{
	_cleanup_strbuf_ struct strbuf got = STRBUF_INIT;
	_cleanup_error_ struct error err = ERROR_INIT;
	struct workload_case c;

	if (case_parse(name, &c, &err) < 0)
		fail_msg("%s: %s", name, err.message);
	case_name(&c, &got);
	assert_string_equal(got.buf, wanted);
}

static void test_canonical(void **state)
{
	(void)state;
	canonical("mpsc/8", "mpsc/8/senders=1");
	canonical("mpsc/16384/senders=5", "mpsc/16K/senders=5");
	canonical("mpsc/16KiB/senders=05", "mpsc/16K/senders=5");
	canonical("mpsc/48K/senders=2/init=calloc", "mpsc/48K/senders=2/init=calloc");
	canonical("mpsc/48K/init=calloc/senders=2", "mpsc/48K/senders=2/init=calloc");
	canonical("mpsc/16K/senders=5/capacity=1024", "mpsc/16K/senders=5");
	canonical("mpsc/16K/senders=5/messages=1000", "mpsc/16K/senders=5");
	canonical("mpsc/16K/messages=1000", "mpsc/16K/senders=1/messages=1000");
	canonical("mpsc/1K-64K", "mpsc/1K-64K/senders=1");
	canonical("mpsc/4K-4K", "mpsc/4K/senders=1");
	canonical("mpsc/1025/read=yes", "mpsc/1025/senders=1/read=yes");
	canonical("churn/single/size=64K-256K/threads=4", "churn/multi/size=64K-256K/threads=4");
	canonical("churn/multi/threads=1", "churn/single");
	canonical("churn/single/size=16K", "churn/single");
	canonical("churn/multi/live=1000/init=touch", "churn/multi/live=1000/init=touch");
	canonical("spawn/local/task-size=1024", "spawn/local/task-size=1K");
	canonical("classic/larson", "classic/larson");
	canonical("classic/larson/size=8-1000/live=5000", "classic/larson");
	canonical("classic/larson/size=16/threads=4", "classic/larson/size=16/threads=4");
	canonical("classic/glibc-simple/size=16-64", "classic/glibc-simple/size=16-64");
	canonical("classic/glibc-simple/threads=1", "classic/glibc-simple");
	canonical("classic/cache-thrash/size=8-8", "classic/cache-thrash");
	canonical("spawn/chain/threads=3/operations=7", "spawn/chain/threads=3/operations=7");
}

static void refused(const char *name, int code, const char *says, const char *hints)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct workload_case c;
	int r = case_parse(name, &c, &err);

	if (r != -code)
		fail_msg("%s: got %d, wanted %d", name, r, -code);
	assert_int_equal(err.kind, ERROR_USAGE);
	if (!strstr(err.message, says))
		fail_msg("%s: '%s' does not say '%s'", name, err.message, says);
	if (hints && (!err.hint || !strstr(err.hint, hints)))
		fail_msg("%s: hint '%s', wanted '%s'", name, err.hint ? err.hint : "", hints);
}

static void test_refused_words(void **state)
{
	(void)state;
	refused("", EINVAL, "unknown workload ''", "spawn, mpsc, churn");
	refused("/", EINVAL, "unknown workload ''", NULL);
	refused("mspc/8", EINVAL, "unknown workload 'mspc'", "did you mean mpsc?");
	refused("MPSC/8", EINVAL, "unknown workload", NULL);
	refused("mpsc", EINVAL, "names a workload only", "mpsc/16K/senders=5");
	refused("classic", EINVAL, "names a workload only", "classic/larson");
	refused("classic/sh7bench", EINVAL, "unknown kind of classic", "did you mean sh6bench?");
	refused("classic/larson/init=fill", EINVAL, "unknown key 'init' for classic", "live");
	refused("spawn/locale", EINVAL, "unknown kind of spawn: 'locale'", "did you mean local?");
	refused("churn/", EINVAL, "unknown kind of churn: ''", "single, multi");
	refused("mpsc/8/sender=5", EINVAL, "unknown key 'sender' for mpsc",
		"did you mean senders?");
	refused("mpsc/8/live=5", EINVAL, "unknown key 'live' for mpsc", "capacity");
	refused("spawn/local/init=fill", EINVAL, "unknown key 'init' for spawn", "task-size");
	refused("mpsc/8/init=filled", EINVAL, "init: unknown value 'filled'", "did you mean fill?");
	refused("mpsc/8/read=1", EINVAL, "read: unknown value '1'", "no, yes");
	refused("mpsc/8/senders", EINVAL, "not of the form key=value", "did you mean senders?");
	refused("mpsc/senders=5", EINVAL, "needs its payload's size first", "mpsc/16K/senders=5");
	refused("mpsc/8//senders=5", EINVAL, "empty part", NULL);
	refused("mpsc/8/", EINVAL, "empty part", NULL);
	refused("mpsc/8/senders=1/senders=1", EINVAL, "senders is given twice", NULL);
	refused("mpsc/8/size=8", EINVAL, "size is given twice", NULL);
	refused("churn/single/=4", EINVAL, "unknown key ''", NULL);
}

static void test_refused_numbers(void **state)
{
	(void)state;
	refused("mpsc/0", ERANGE, "size: 0 is out of range", "1 to 1G");
	refused("mpsc/2G", ERANGE, "size: 2G is out of range", NULL);
	refused("mpsc/99999999999999999999", ERANGE, "out of range", NULL);
	refused("mpsc/18014398509481984K", ERANGE, "out of range", NULL);
	refused("mpsc/-8", EINVAL, "is not a size", NULL);
	refused("mpsc/8.5K", EINVAL, "is not a size", "16K");
	refused("mpsc/8X", EINVAL, "'8X' is not a size", NULL);
	refused("mpsc/64K-16K", EINVAL, "ends below its beginning", "16K-64K");
	refused("mpsc/64K-", EINVAL, "is not a size", NULL);
	refused("mpsc/4-64K", ERANGE, "must begin at 8", NULL);
	refused("mpsc/8/senders=0", ERANGE, "senders: 0 is out of range", "1 to 256");
	refused("mpsc/8/senders=257", ERANGE, "senders: 257 is out of range", NULL);
	refused("mpsc/8/senders=5K", EINVAL, "not a whole number", NULL);
	refused("mpsc/8/senders= 5", EINVAL, "not a whole number", NULL);
	refused("mpsc/8/senders=+5", EINVAL, "not a whole number", NULL);
	refused("spawn/local/threads=18446744073709551616", ERANGE, "out of range", NULL);
	refused("spawn/local/task-size=65", EINVAL, "not a multiple of 8", NULL);
	refused("classic/larson/size=4-8", ERANGE, "8 bytes at least", NULL);
	refused("classic/xmalloc-test/threads=1", ERANGE, "one that allocates", NULL);
	refused("classic/mstress/size=1G", ERANGE, "GiB", "lower live");
	refused("mpsc/1G/capacity=1024", ERANGE, "1025 GiB", "lower capacity");
	refused("churn/multi/size=1G/live=100/threads=2", ERANGE, "GiB", "lower live");
}

static void test_length(void **state)
{
	char name[1000] = "mpsc/8/";

	(void)state;
	memset(name + strlen(name), '/', sizeof(name) - strlen(name) - 1);
	refused(name, ERANGE, "longer than", NULL);
}

/* What --payload and the like do. */
static void test_overrides(void **state)
{
	_cleanup_strbuf_ struct strbuf name = STRBUF_INIT;
	struct workload_case c;

	(void)state;
	assert_int_equal(case_begin("mpsc", &c, NULL), 0);
	assert_int_equal(case_set(&c, "size", "16K", NULL), 0);
	assert_int_equal(case_set(&c, "senders", "4", NULL), 0);
	assert_int_equal(case_set(&c, "senders", "5", NULL), 0);
	assert_int_equal(case_set(&c, "live", "5", NULL), -EINVAL);
	assert_int_equal(case_finish(&c, NULL), 0);
	case_name(&c, &name);
	assert_string_equal(name.buf, "mpsc/16K/senders=5");
	assert_int_equal(c.messages, 1000);
	assert_int_equal(c.size_max, 16384);
}

/* Every named case is canonical, in a known suite, and described; the seed suite is what it is. */
static void test_named(void **state)
{
	static const char *const seed[] = {
		"spawn/local",        "spawn/remote",       "spawn/chain",
		"mpsc/8/senders=1",   "mpsc/8/senders=5",   "mpsc/1K/senders=1",
		"mpsc/4K/senders=1",  "mpsc/16K/senders=1", "mpsc/32K/senders=1",
		"mpsc/16K/senders=5", "mpsc/32K/senders=5", "churn/single",
		"churn/multi",
	};
	size_t seeds = 0;

	(void)state;
	for (size_t i = 0; i < named_case_count; i++) {
		canonical(named_cases[i].name, named_cases[i].name);
		assert_true(strlen(named_cases[i].description) > 10);
		assert_null(strpbrk(named_cases[i].description, "\t\n"));
		assert_non_null(strstr(named_cases[i].suites, "full"));
		if (strstr(named_cases[i].suites, "seed")) {
			assert_true(seeds < ARRAY_SIZE(seed));
			assert_string_equal(named_cases[i].name, seed[seeds]);
			seeds++;
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(named_cases[i].name, named_cases[j].name);
	}
	assert_int_equal(seeds, ARRAY_SIZE(seed));
}

static void test_nearest(void **state)
{
	static const char *const words[] = { "senders", "capacity" };

	(void)state;
	assert_int_equal(nearest_distance("", ""), 0);
	assert_int_equal(nearest_distance("abc", ""), 3);
	assert_int_equal(nearest_distance("kitten", "sitting"), 3);
	assert_string_equal(nearest_word("sender", words, 2), "senders");
	assert_null(nearest_word("colour", words, 2));
	assert_string_equal(case_list_nearest("mpsc/16K/sender=5"), "mpsc/16K/senders=5");
	assert_null(case_list_nearest("something quite different"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),       cmocka_unit_test(test_refused_words),
		cmocka_unit_test(test_refused_numbers), cmocka_unit_test(test_length),
		cmocka_unit_test(test_overrides),       cmocka_unit_test(test_named),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
