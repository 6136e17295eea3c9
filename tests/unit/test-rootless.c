/* SPDX-License-Identifier: MIT */
/* Which user namespaces have nobody to become but root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/rootless.h"
#include "base/xalloc.h"

struct answer {
	bool is, alone;
};

/* Of a machine whose uid_map is this. */
static struct answer answer_of(const char *map)
{
	char root[] = "/tmp/rootless-XXXXXX";

	assert_non_null(mkdtemp(root));
	_cleanup_free_ char *proc = xasprintf("%s/proc", root), *self = xasprintf("%s/self", proc);
	_cleanup_free_ char *path = xasprintf("%s/uid_map", self);
	assert_int_equal(mkdir(proc, 0700), 0);
	assert_int_equal(mkdir(self, 0700), 0);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(map, file);
	fclose(file);
	const struct rootfs fs = { root };
	struct answer answer = { rootless_is(&fs), rootless_is_alone(&fs) };
	unlink(path);
	rmdir(self);
	rmdir(proc);
	rmdir(root);
	return answer;
}

static void check(const char *map, bool is, bool alone)
{
	struct answer answer = answer_of(map);

	assert_int_equal(answer.is, is);
	assert_int_equal(answer.alone, alone);
}

static void the_first_namespace_is_none(void **state)
{
	check("         0          0 4294967295\n", false, false);
}

static void root_alone_is_an_ordinary_user(void **state)
{
	check("         0       1000          1\n", true, true);
	/* Root of the machine is no ordinary user. */
	check("         0          0          1\n", true, false);
	check("      1000       1000          1\n", true, false);
}

/* As of rootless Podman and Docker: nobody can be become there. */
static void with_others_there_is_somebody_to_become(void **state)
{
	check("         0       1000          1\n         1     100000      65536\n", true, false);
	check("         0     100000      65536\n", true, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_namespace_is_none),
		cmocka_unit_test(root_alone_is_an_ordinary_user),
		cmocka_unit_test(with_others_there_is_somebody_to_become),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
