/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "launch/identity.h"

static void a_path_is_the_users(void **state)
{
	static const char secure[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	static const struct {
		const char *path, *login_defs, *wanted;
	} rows[] = {
		{ "/home/a/bin:/usr/bin", "ENV_PATH PATH=/login\n", "/home/a/bin:/usr/bin" },
		{ "", "ENV_PATH PATH=/login\n", "" },
		{ "/bin:", "ENV_PATH PATH=/login\n", "/bin:" },
		{ secure, "# ENV_PATH PATH=/no\nENV_SUPATH\tPATH=/no\nENV_PATH\tPATH=/a:/b\n",
		  "/a:/b" },
		{ secure, "  ENV_PATH  /a:/b", "/a:/b" },
		{ NULL, "ENV_PATH PATH=/login\n", "/login" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_free_ char *path = identity_path(rows[i].path, rows[i].login_defs);

		assert_string_equal(path, rows[i].wanted);
	}
}

static void a_path_is_never_roots_alone(void **state)
{
	static const char *const without[] = { NULL, "", "ENV_PATH\n", "ENV_PATH PATH=\n" };

	for (size_t i = 0; i < ARRAY_SIZE(without); i++) {
		_cleanup_free_ char *path = identity_path("/usr/sbin:/sbin", without[i]);

		assert_int_equal(strncmp(path, "/usr/local/bin:/", 16), 0);
		assert_null(strstr(path, "sbin"));
	}
}

static void who_does_not_change_keeps_the_environment(void **state)
{
	struct identity identity = { 0 };

	assert_ptr_equal(identity_environment(&identity), environ);
	identity_release(&identity);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_is_the_users),
		cmocka_unit_test(a_path_is_never_roots_alone),
		cmocka_unit_test(who_does_not_change_keeps_the_environment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
