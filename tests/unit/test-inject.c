/* SPDX-License-Identifier: MIT */
#include "alloc/inject.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/spawn.h"
#include "base/xalloc.h"

#define BUMP FIXTURE_DIR "/libfixture-bump.so"
#define NONE FIXTURE_DIR "/libfixture-none.so"

/* The environment of a contender with that library and that assignment; each may be NULL. */
static char **environment_of(const char *allocator, const char *library, const char *assignment,
			     const char *const *base)
{
	char *env[] = { (char *)assignment, NULL };
	const struct contender contender = {
		.allocator = (char *)allocator,
		.library = (char *)library,
		.env = assignment ? env : NULL,
	};

	return contender_environment(&contender, (char *const *)base);
}

static const char *value_of(char *const *env, const char *name)
{
	size_t len = strlen(name), seen = 0;
	const char *value = NULL;

	for (size_t i = 0; env[i]; i++) {
		if (strncmp(env[i], name, len) || env[i][len] != '=')
			continue;
		value = env[i] + len + 1;
		seen++;
	}
	assert_true(seen <= 1);
	return value;
}

static void assert_env(char *const *env, const char *name, const char *wanted)
{
	const char *value = value_of(env, name);

	if (wanted && value)
		assert_string_equal(value, wanted);
	else if (wanted || value)
		fail_msg("%s is %s, not %s", name, value ? value : "unset",
			 wanted ? wanted : "unset");
}

static void a_library_and_its_settings_go_in(void **state)
{
	const char *const base[] = { "HOME=/h", NULL };
	char **env = environment_of("jemalloc", "/l/libjemalloc.so.2",
				    "MALLOC_CONF=tcache_max:4096", base);

	assert_env(env, "HOME", "/h");
	assert_env(env, "LD_PRELOAD", "/l/libjemalloc.so.2");
	assert_env(env, "MALLOC_CONF", "tcache_max:4096");
	strv_free(env);
}

static void what_other_allocators_read_goes_out(void **state)
{
	const char *const base[] = { "MALLOC_CONF=junk:true",
				     "_RJEM_MALLOC_CONF=junk:true",
				     "MIMALLOC_VERBOSE=1",
				     "mimalloc_show_stats=1",
				     "TCMALLOC_RELEASE_RATE=0",
				     "TBB_MALLOC_USE_HUGE_PAGES=1",
				     "MALLOC_ARENA_MAX=1",
				     "MALLOC_PERTURB_=7",
				     "HEAPPROFILE=/tmp/p",
				     "MALLOC_UNRELATED=1",
				     "XMIMALLOC_VERBOSE=1",
				     "PATH=/bin",
				     "NOVALUE",
				     NULL };
	char **env = environment_of("glibc", NULL, NULL, base);
	size_t count = 0;

	assert_env(env, "PATH", "/bin");
	assert_env(env, "MALLOC_UNRELATED", "1");
	assert_env(env, "XMIMALLOC_VERBOSE", "1");
	while (env[count])
		count++;
	assert_int_equal(count, 4); /* these, and NOVALUE */
	strv_free(env);

	char **removed = environment_removed((char *const *)base);
	for (count = 0; removed[count]; count++)
		assert_null(strchr(removed[count], '='));
	assert_int_equal(count, 9);
	assert_string_equal(removed[0], "MALLOC_CONF");
	strv_free(removed);
}

static void tunables_keep_what_is_not_malloc_s(void **state)
{
	const char *const base[] = { "GLIBC_TUNABLES=glibc.malloc.check=3:glibc.pthread.rseq=0:"
				     "glibc.malloc.arena_max=1:glibc.cpu.x86_shstk=off",
				     NULL };
	const char *rest = "glibc.pthread.rseq=0:glibc.cpu.x86_shstk=off";

	char **env = environment_of("glibc", NULL, NULL, base);
	assert_env(env, "GLIBC_TUNABLES", rest);
	strv_free(env);
	env = environment_of(NULL, "/l/x.so", NULL, base);
	assert_env(env, "GLIBC_TUNABLES", rest);
	strv_free(env);
	env = environment_of("glibc", NULL, "GLIBC_TUNABLES=glibc.malloc.arena_max=2", base);
	assert_env(env, "GLIBC_TUNABLES",
		   "glibc.pthread.rseq=0:glibc.cpu.x86_shstk=off:glibc.malloc.arena_max=2");
	strv_free(env);
}

static void tunables_of_malloc_alone_vanish(void **state)
{
	const char *const base[] = { "GLIBC_TUNABLES=glibc.malloc.check=3", NULL };
	const char *const harmless[] = { "GLIBC_TUNABLES=glibc.pthread.rseq=0", NULL };

	char **env = environment_of("glibc", NULL, NULL, base);
	assert_env(env, "GLIBC_TUNABLES", NULL);
	strv_free(env);
	env = environment_of("glibc", NULL, "GLIBC_TUNABLES=glibc.malloc.arena_max=2", base);
	assert_env(env, "GLIBC_TUNABLES", "glibc.malloc.arena_max=2");
	strv_free(env);
	char **removed = environment_removed((char *const *)base);
	assert_string_equal(removed[0], "GLIBC_TUNABLES");
	assert_null(removed[1]);
	strv_free(removed);
	removed = environment_removed((char *const *)harmless);
	assert_null(removed[0]);
	strv_free(removed);
}

static void a_user_s_preloads_stay_behind_but_for_allocators(void **state)
{
	const char *const base[] = { "LD_PRELOAD=" NONE ":" BUMP
				     " libjemalloc.so.2  libfoo.so:/no/such.so",
				     NULL };

	char **env = environment_of(NULL, "/l/x.so", NULL, base);
	assert_env(env, "LD_PRELOAD", "/l/x.so:" NONE ":libfoo.so:/no/such.so");
	strv_free(env);
	env = environment_of("glibc", NULL, NULL, base);
	assert_env(env, "LD_PRELOAD", NONE ":libfoo.so:/no/such.so");
	strv_free(env);
	char **removed = environment_removed((char *const *)base);
	assert_string_equal(removed[0], "LD_PRELOAD=" BUMP);
	assert_string_equal(removed[1], "LD_PRELOAD=libjemalloc.so.2");
	assert_null(removed[2]);
	strv_free(removed);
}

static void nothing_is_preloaded_for_the_c_library(void **state)
{
	const char *const base[] = { "LD_PRELOAD=" BUMP, NULL };
	char **env = environment_of("glibc", NULL, NULL, base);

	assert_env(env, "LD_PRELOAD", NULL);
	strv_free(env);
}

/* Of the program's own allocator: what the user has set stays, but for what is set anew, and what nobody reads. */
static void settings_stand_behind_the_user_s(void **state)
{
	static const struct {
		const char *allocator, *before, *set, *wanted;
	} rows[] = {
		{ "jemalloc", "narenas:2", "tcache:false", "narenas:2,tcache:false" },
		{ "jemalloc", "narenas:2,dirty_decay_ms:0", "dirty_decay_ms:-1",
		  "narenas:2,dirty_decay_ms:-1" },
		{ "jemalloc", "dirty_decay_ms:0", "dirty_decay_ms:-1", "dirty_decay_ms:-1" },
		{ "jemalloc", "dirty_decay_ms:0,thp:always", "lg_tcache_max:16,dirty_decay_ms:-1",
		  "thp:always,lg_tcache_max:16,dirty_decay_ms:-1" },
		{ "jemalloc", "narenas=2,,thp:always", "tcache:false", "thp:always,tcache:false" },
		{ "jemalloc", "", "tcache:false", "tcache:false" },
		{ "glibc", "glibc.malloc.top_pad=1:glibc.rtld.nns=5", "glibc.malloc.top_pad=2",
		  "glibc.rtld.nns=5:glibc.malloc.top_pad=2" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool is_glibc = !strcmp(rows[i].allocator, "glibc");
		const char *variable = is_glibc ? "GLIBC_TUNABLES" : "MALLOC_CONF";
		_cleanup_free_ char *before = xasprintf("%s=%s", variable, rows[i].before);
		_cleanup_free_ char *set = xasprintf("%s=%s", variable, rows[i].set);
		const struct contender contender = {
			.allocator = (char *)rows[i].allocator,
			.env_var = (char *)variable,
			.env = (char *[]){ set, NULL },
		};
		char **env = self_environment(&contender, (char *[]){ before, NULL });

		assert_env(env, variable, rows[i].wanted);
		strv_free(env);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_and_its_settings_go_in),
		cmocka_unit_test(what_other_allocators_read_goes_out),
		cmocka_unit_test(tunables_keep_what_is_not_malloc_s),
		cmocka_unit_test(tunables_of_malloc_alone_vanish),
		cmocka_unit_test(a_user_s_preloads_stay_behind_but_for_allocators),
		cmocka_unit_test(nothing_is_preloaded_for_the_c_library),
		cmocka_unit_test(settings_stand_behind_the_user_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
