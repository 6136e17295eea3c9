/* SPDX-License-Identifier: MIT */
#include "identify/identify.h"

#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <jansson.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "identify/analysis.h"
#include "identify/cache.h"
#include "identify/elf.h"
#include "identify/process.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "base/xalloc.h"

#define BUMP FIXTURE_DIR "/libfixture-bump.so"
#define PREFIXED FIXTURE_DIR "/libfixture-prefixed.so"

/* --- the loader's cache */

struct cache {
	char magic[20];
	uint32_t count, texts_size;
	uint32_t flags, extension, unused[3];
	struct {
		int32_t flags;
		uint32_t name, path, os_version;
		uint64_t hwcap;
	} entries[2];
	char texts[64];
};

static const struct cache good_cache = {
	.magic = "glibc-ld.so.cache1.1",
	.count = 2,
	.entries = { { 0, offsetof(struct cache, texts), offsetof(struct cache, texts) + 8, 0, 0 },
		     { 0, offsetof(struct cache, texts) + 20, offsetof(struct cache, texts) + 28, 0,
		       0 } },
	.texts = "liba.so\0/x/liba.so\0\0libb.so\0/y/libb.so",
};

static bool take_path(const char *path, void *context)
{
	strbuf_addf(context, "%s ", path);
	return !strcmp(path, "/y/libb.so");
}

static void cache_finds_the_library_asked_for(void **state)
{
	_cleanup_strbuf_ struct strbuf seen = STRBUF_INIT;
	const char *bytes = (const char *)&good_cache;

	assert_true(loader_cache_find(bytes, sizeof(good_cache), "libb.so", take_path, &seen));
	assert_string_equal(seen.buf, "/y/libb.so ");
	assert_false(loader_cache_find(bytes, sizeof(good_cache), "liba.so", take_path, &seen));
	assert_string_equal(seen.buf, "/y/libb.so /x/liba.so ");
	assert_false(loader_cache_find(bytes, sizeof(good_cache), "lib", take_path, &seen));
}

static void cache_behind_the_old_format_is_found(void **state)
{
	_cleanup_strbuf_ struct strbuf seen = STRBUF_INIT;
	char bytes[sizeof(good_cache) + 40] = "ld.so-1.7.0";

	memcpy(bytes + 40, &good_cache, sizeof(good_cache));
	assert_true(loader_cache_find(bytes, sizeof(bytes), "libb.so", take_path, &seen));
	assert_string_equal(seen.buf, "/y/libb.so ");
}

/* Every length, so that each bound is met; an exact copy, for a sanitizer to see a step beyond. */
static void cache_cut_short_is_harmless(void **state)
{
	for (size_t size = 0; size < offsetof(struct cache, texts) + 28; size++) {
		_cleanup_strbuf_ struct strbuf seen = STRBUF_INIT;
		char *exact = xmalloc(size ? size : 1);

		memcpy(exact, &good_cache, size);
		assert_false(loader_cache_find(exact, size, "libb.so", take_path, &seen));
		free(exact);
	}
}

static void cache_with_wild_offsets_is_harmless(void **state)
{
	struct cache cache = good_cache;
	_cleanup_strbuf_ struct strbuf seen = STRBUF_INIT;

	cache.count = UINT32_MAX;
	cache.entries[0].name = UINT32_MAX;
	cache.entries[1].path = sizeof(cache);
	assert_false(loader_cache_find((char *)&cache, sizeof(cache), "libb.so", take_path, &seen));
	assert_int_equal(seen.len, 0);
}

/* --- a file */

static char *no_environment[] = { NULL };

/* A program without an allocator; this test itself may be a sanitizer's. */
#define PLAIN "/bin/sh"

static void a_plain_program_has_the_c_librarys(void **state)
{
	_cleanup_identification_ struct identification found;

	assert_int_equal(identify_file(PLAIN, no_environment, &found, NULL), 0);
	assert_string_equal(found.kind, "dynamic");
	assert_string_equal(found.target, PLAIN);
	assert_int_equal(found.heap_count, 1);
	assert_string_equal(found.heaps[0].allocator, "glibc");
	assert_string_equal(found.heaps[0].version, gnu_get_libc_version());
	assert_int_equal(found.heaps[0].how, HEAP_LIBC);
	assert_int_equal(identification_preload_replaceable(&found), TRISTATE_YES);
	assert_int_equal(found.heaps[0].setting_count, 0);
	assert_true(found.heaps[0].evidence.count > 0);
}

static void the_environment_given_counts(void **state)
{
	char *environment[] = { (char[]){ "GLIBC_TUNABLES=glibc.malloc.top_pad=1" },
				(char[]){ "MALLOC_CONF=narenas:1" }, (char[]){ "HOME=/" }, NULL };
	_cleanup_identification_ struct identification found;

	assert_int_equal(identify_file(PLAIN, environment, &found, NULL), 0);
	assert_int_equal(found.heaps[0].setting_count, 1);
	assert_string_equal(found.heaps[0].settings[0].key, "GLIBC_TUNABLES");
	assert_string_equal(found.heaps[0].settings[0].value, "glibc.malloc.top_pad=1");
	assert_int_equal(found.unread_count, 1);
	assert_string_equal(found.unread[0].key, "MALLOC_CONF");
}

static void a_preloaded_library_comes_first(void **state)
{
	char *environment[] = { (char[]){ "LD_PRELOAD=/no/such.so:" BUMP }, NULL };
	_cleanup_identification_ struct identification found;

	assert_int_equal(identify_file(PLAIN, environment, &found, NULL), 0);
	assert_int_equal(found.heaps[0].how, HEAP_PRELOADED);
	assert_string_equal(found.heaps[0].object, BUMP);
	assert_null(found.heaps[0].allocator);
}

static void a_library_is_told_as_one(void **state)
{
	_cleanup_identification_ struct identification found;

	assert_int_equal(identify_file(PREFIXED, no_environment, &found, NULL), 0);
	assert_string_equal(found.kind, "library");
	assert_int_equal(found.heap_count, 1);
	assert_string_equal(found.heaps[0].allocator, "jemalloc");
	assert_int_equal(found.heaps[0].how, HEAP_LINKED_IN);
	assert_int_equal(identification_preload_replaceable(&found), TRISTATE_UNKNOWN);
}

static void errors_have_a_kind_and_a_hint(void **state)
{
	static const struct {
		const char *name;
		int code;
	} cases[] = { { "/no/such/file", ENOENT },
		      { "no-such-command", ENOENT },
		      { "/", EINVAL },
		      { "/dev/null", EINVAL },
		      { "/proc/self/maps", ENOEXEC } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_error_ struct error err = ERROR_INIT;
		struct identification found;

		assert_int_equal(identify_file(cases[i].name, no_environment, &found, &err),
				 -cases[i].code);
		assert_int_equal(err.kind, ERROR_USAGE);
		assert_non_null(strstr(err.message, cases[i].name));
		assert_non_null(err.hint);
	}
}

/* --- settings in a file, below a root of our own */

static void jemalloc_obeys_its_own_link(void **state)
{
	char root[] = "/tmp/madvisor-test.XXXXXX";
	struct scope scope = { 0 };
	struct elf_object *object;

	assert_non_null(mkdtemp(root));
	_cleanup_free_ char *folder = xasprintf("%s/etc", root);
	_cleanup_free_ char *own = xasprintf("%s/etc/test_malloc.conf", root);
	_cleanup_free_ char *other = xasprintf("%s/etc/malloc.conf", root);
	assert_int_equal(mkdir(folder, 0755), 0);
	assert_int_equal(symlink("narenas:7", own), 0);
	assert_int_equal(symlink("narenas:1", other), 0);

	_cleanup_close_ int folder_fd = open(root, O_PATH | O_CLOEXEC);
	const struct scope_world world = { .root = folder_fd };
	char *environment[] = { (char[]){ "TEST_MALLOC_CONF=tcache:false" },
				(char[]){ "MALLOC_CONF=tcache:true" }, NULL };
	const struct target_view view = { &scope, &world, environment, NULL };
	_cleanup_identification_ struct identification found = { 0 };
	assert_int_equal(elf_object_open(PREFIXED, &object, NULL), 0);
	struct scope_entry *entry = scope_insert(&scope, 0, "x", PREFIXED, object, SCOPE_PROGRAM);
	entry->traces.text[TRACE_JEMALLOC_VARIABLE] = "TEST_MALLOC_CONF";
	struct heap *heap = heap_add(&view, &found, entry, TRACE_JEMALLOC, "malloc", HEAP_NEEDED);
	assert_string_equal(heap->env_var, "TEST_MALLOC_CONF");
	assert_string_equal(heap->config_file, "/etc/test_malloc.conf");
	assert_int_equal(heap->setting_count, 2);
	assert_string_equal(heap->settings[0].value, "tcache:false");
	assert_string_equal(heap->settings[1].key, "/etc/test_malloc.conf");
	assert_string_equal(heap->settings[1].value, "narenas:7");
	scope_release(&scope);
	unlink(own);
	unlink(other);
	rmdir(folder);
	rmdir(root);
}

/* --- looking a library up below a root: links must not lead out of it */

static void a_root_holds_its_links(void **state)
{
	char root[] = "/tmp/madvisor-test.XXXXXX";
	struct elf_object *object;

	assert_non_null(mkdtemp(root));
	_cleanup_free_ char *escape = xasprintf("%s/escape.so", root);
	_cleanup_free_ char *inner = xasprintf("%s/inner.so", root);
	_cleanup_free_ char *absolute = xasprintf("%s/absolute.so", root);
	_cleanup_free_ char *copy = xasprintf("cp %s %s", BUMP, inner);
	assert_int_equal(system(copy), 0);
	assert_int_equal(symlink("../../../../.." BUMP, escape), 0);
	assert_int_equal(symlink("/inner.so", absolute), 0);
	_cleanup_close_ int folder_fd = open(root, O_PATH | O_CLOEXEC);
	const struct scope_world world = { .root = folder_fd };
	assert_int_equal(scope_open(&world, "/escape.so", &object, NULL, NULL), -ENOENT);
	assert_int_equal(scope_open(&world, "/absolute.so", &object, NULL, NULL), 0);
	elf_object_free(object);
	unlink(escape);
	unlink(inner);
	unlink(absolute);
	rmdir(root);
}

/* --- a process */

/* Starts the program and returns when its file is being run. */
static pid_t start(const char *program)
{
	int fds[2];
	char byte;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		execl(program, program, "60", NULL);
		_exit(127);
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &byte, 1), 0);
	close(fds[0]);
	return pid;
}

static void a_process_is_known(void **state)
{
	pid_t pid = start("/bin/sleep");
	_cleanup_identification_ struct identification found = { 0 };
	int r = -EAGAIN;

	/* Its libraries are mapped a moment later. */
	for (size_t i = 0; i < 200; i++) {
		r = identify_process(pid, &found, NULL);
		if (r < 0 || (found.heap_count && found.heaps[0].allocator))
			break;
		identification_release(&found);
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(r, 0);
	assert_int_equal(found.pid, pid);
	assert_string_equal(found.kind, "dynamic");
	assert_string_equal(found.heaps[0].allocator, "glibc");
	assert_int_equal(found.heaps[0].how, HEAP_LIBC);
}

static void a_process_that_ended_is_refused(void **state)
{
	_cleanup_error_ struct error err = ERROR_INIT;
	struct identification found;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	siginfo_t info;
	/* Still there, as a zombie. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	assert_true(identify_process(pid, &found, &err) < 0);
	assert_int_equal(err.kind, ERROR_USAGE);
	assert_non_null(err.hint);
	waitpid(pid, NULL, 0);
	error_release(&err);
	assert_int_equal(identify_process(pid, &found, &err), -ESRCH);
	assert_int_equal(err.kind, ERROR_USAGE);
}

static void environment_values_are_whole_names(void **state)
{
	char *environment[] = { (char[]){ "LD_PRELOADED=a" }, (char[]){ "LD_PRELOAD=b" }, NULL };

	assert_string_equal(environment_value(environment, "LD_PRELOAD"), "b");
	assert_null(environment_value(environment, "LD_PRE"));
	assert_null(environment_value(NULL, "X"));
}

/* --- the document */

static void the_document_says_the_same(void **state)
{
	_cleanup_identification_ struct identification found;

	assert_int_equal(identify_file(PLAIN, no_environment, &found, NULL), 0);
	text_list_addf(&found.notes, "bytes \xff and \033");
	_cleanup_free_ char *text = identification_document(&found, 1);
	json_t *document = json_loads(text, 0, NULL);
	json_t *target = json_array_get(json_object_get(document, "targets"), 0);
	json_t *heap = json_array_get(json_object_get(target, "heaps"), 0);
	json_t *notes = json_object_get(target, "notes");

	assert_string_equal(json_string_value(json_object_get(document, "schema")),
			    "madvisor.identify/1");
	assert_true(json_is_null(json_object_get(target, "pid")));
	assert_true(json_is_true(json_object_get(target, "preload_replaceable")));
	assert_string_equal(json_string_value(json_object_get(heap, "how")), "libc");
	assert_true(json_is_null(json_object_get(heap, "config_file")));
	assert_string_equal(json_string_value(json_array_get(notes, json_array_size(notes) - 1)),
			    "bytes \\xff and \033");
	json_decref(document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cache_finds_the_library_asked_for),
		cmocka_unit_test(cache_behind_the_old_format_is_found),
		cmocka_unit_test(cache_cut_short_is_harmless),
		cmocka_unit_test(cache_with_wild_offsets_is_harmless),
		cmocka_unit_test(a_plain_program_has_the_c_librarys),
		cmocka_unit_test(the_environment_given_counts),
		cmocka_unit_test(a_preloaded_library_comes_first),
		cmocka_unit_test(a_library_is_told_as_one),
		cmocka_unit_test(errors_have_a_kind_and_a_hint),
		cmocka_unit_test(jemalloc_obeys_its_own_link),
		cmocka_unit_test(a_root_holds_its_links),
		cmocka_unit_test(a_process_is_known),
		cmocka_unit_test(a_process_that_ended_is_refused),
		cmocka_unit_test(environment_values_are_whole_names),
		cmocka_unit_test(the_document_says_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
