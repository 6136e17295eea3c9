/* SPDX-License-Identifier: MIT */
#include "alloc/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc/prove.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/selfdir.h"
#include "base/spawn.h"
#include "base/xalloc.h"

enum { TESTIMONY_MAX_BYTES = 1 << 20 };
#define PRELOAD "LD_PRELOAD="
#define SEEN "seen in a run of it"

static char *locate(void)
{
	static const char *const places[] = { "libmadvisor-witness.so",
					      "../libexec/madvisor/libmadvisor-witness.so" };
	_cleanup_free_ char *dir = self_directory();

	for (size_t i = 0; dir && i < ARRAY_SIZE(places); i++) {
		_cleanup_free_ char *path = xasprintf("%s/%s", dir, places[i]);

		if (access(path, R_OK) == 0)
			return realpath(path, NULL);
	}
	return NULL;
}

/* A file in a directory of its own, where nobody else can put something in its place. */
static int make_file(struct witness *witness, uid_t uid, gid_t gid)
{
	const char *tmp = getenv("TMPDIR");
	char *directory = xasprintf("%s/madvisor-witness.XXXXXX", tmp && *tmp ? tmp : "/tmp");

	if (!mkdtemp(directory)) {
		free(directory);
		return -errno;
	}
	witness->directory = directory;
	witness->file = xasprintf("%s/testimony", directory);
	_cleanup_close_ int fd = open(witness->file, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (uid != geteuid() && (fchown(fd, uid, gid) < 0 || chown(directory, uid, gid) < 0))
		return -errno;
	return 0;
}

int witness_open(struct witness *witness, uid_t uid, gid_t gid, struct error *err)
{
	*witness = (struct witness){ .library = locate() };
	if (!witness->library) {
		error_set(err, ERROR_MACHINE, ENOENT, "libmadvisor-witness.so is missing");
		error_hint(err, "build it with `make`");
		return -ENOENT;
	}
	int r = make_file(witness, uid, gid);
	if (r < 0) {
		error_set(err, ERROR_MACHINE, -r, "cannot make a temporary file: %s", strerror(-r));
		error_hint(err, "set TMPDIR to a place that you may write to");
		witness_close(witness);
	}
	return r;
}

char **witness_environment(const struct witness *witness, char *const *environment)
{
	_cleanup_free_ char *file = xasprintf("MADVISOR_WITNESS=%s", witness->file);
	_cleanup_free_ char *preload = xasprintf(PRELOAD "%s", witness->library);

	for (size_t i = 0; environment[i]; i++) {
		const char *others = environment[i] + strlen(PRELOAD);

		if (strncmp(environment[i], PRELOAD, strlen(PRELOAD)) != 0 || !*others)
			continue;
		free(preload);
		preload = xasprintf(PRELOAD "%s:%s", witness->library, others);
	}
	return environment_with(environment, (const char *const[]){ preload, file, NULL });
}

static int refuse_silence(const struct contender *contender, struct error *err)
{
	error_set(err, ERROR_USAGE, EPERM,
		  "contender '%s': LD_PRELOAD had no effect on the program", contender->name);
	error_hint(err, "it is linked statically, setuid, or drops its environment: "
			"`madvisor identify` says what can be set instead");
	return -EPERM;
}

static int refuse_other(const struct contender *contender, const char *object, struct error *err)
{
	_cleanup_strbuf_ struct strbuf shown = STRBUF_INIT;

	strbuf_add_escaped(&shown, object);
	error_set(err, ERROR_USAGE, EPERM,
		  "contender '%s': malloc in the program is served by %s, not by %s",
		  contender->name, shown.buf,
		  contender->library ? contender->library : "the C library");
	error_hint(err,
		   "`madvisor identify` says which allocator serves the program, and what sets it");
	return -EPERM;
}

int witness_check(const struct witness *witness, struct contender *contender, struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	size_t served = 0, others = 0;
	char *rest, *line;

	if (strbuf_read_file(&text, witness->file, TESTIMONY_MAX_BYTES) < 0 && !text.len)
		return refuse_silence(contender, err);
	for (rest = text.buf; (line = strsep(&rest, "\n"));) {
		char *object = strsep(&line, "\t");

		if (!line)
			continue;
		bool serves = contender_check_object(contender, object, NULL) == 0;
		if (!serves && !served)
			return refuse_other(contender, object, err);
		served += serves;
		others += !serves;
	}
	if (served == 0)
		return refuse_silence(contender, err);
	if (contender->proof && strstr(contender->proof, SEEN))
		return 0; /* in an earlier case */
	_cleanup_free_ char *settings = TAKE_PTR(contender->proof);
	_cleanup_free_ char *exceptions =
		others ? xasprintf(", but not in %zu of %zu programs that it starts", others,
				   served - 1 + others)
		       : xstrdup("");
	contender->proof = xasprintf("serves malloc in the program, " SEEN "%s%s%s", exceptions,
				     settings ? "; " : "", settings ? settings : "");
	return 0;
}

void witness_close(struct witness *witness)
{
	if (!witness)
		return;
	if (witness->file)
		unlink(witness->file);
	if (witness->directory)
		rmdir(witness->directory);
	free(witness->library);
	free(witness->directory);
	free(witness->file);
	*witness = (struct witness){ 0 };
}
