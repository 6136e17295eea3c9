/* SPDX-License-Identifier: MIT */
#include "alloc/witness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc/prove.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/selfdir.h"
#include "base/spawn.h"
#include "base/xalloc.h"

enum { TESTIMONY_MAX_BYTES = 8 << 20, ATTEMPTS = 5 };
#define PREFIX "madvisor-witness."
#define PRELOAD "LD_PRELOAD="
#define LIBRARY_NAME "libmadvisor-witness.so"
#define TESTIMONY "testimony"
#define SEEN "seen in a run of it"

/*
 * Opens a directory, checks that this user owns it, and locks it until it is closed. Negative
 * errno: -EWOULDBLOCK if another madvisor has it open.
 */
static int open_and_lock(int parent_fd, const char *name, mode_t forbidden)
{
	int fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	int r = fstat(fd, &st) < 0                                        ? -errno
		: st.st_uid != geteuid() || (st.st_mode & forbidden) != 0 ? -EPERM
		: flock(fd, LOCK_EX | LOCK_NB) < 0                        ? -errno
									  : fd;
	if (r < 0)
		close(fd);
	return r;
}

static void remove_directory(int parent_fd, const char *name, int fd)
{
	unlinkat(fd, TESTIMONY, 0);
	unlinkat(parent_fd, name, AT_REMOVEDIR);
}

/* Removes the directory of a madvisor that was killed, recognised by the missing lock. */
static void sweep(int parent_fd)
{
	int fd = openat(parent_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_closedir_ DIR *parent = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!parent && fd >= 0)
		close(fd);
	while (parent && (entry = readdir(parent))) {
		if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
			continue;
		_cleanup_close_ int left = open_and_lock(parent_fd, entry->d_name, 022);
		if (left >= 0)
			remove_directory(parent_fd, entry->d_name, left);
	}
}

/* Makes a directory by mkdtemp(3) and checks that it was not replaced. Negative errno. */
static int make_directory(struct witness *witness, const char *parent)
{
	_cleanup_free_ char *directory = xasprintf("%s/" PREFIX "XXXXXX", parent);

	if (!mkdtemp(directory))
		return -errno;
	int r = open_and_lock(witness->parent_fd, strrchr(directory, '/') + 1, 077);
	if (r < 0)
		return r;
	witness->directory = TAKE_PTR(directory);
	witness->directory_fd = r;
	return 0;
}

/*
 * Gives the file to the user who runs the program, who must write to it. madvisor keeps the
 * directory, so that the file cannot be replaced.
 */
static int hand_over(const struct witness *witness, uid_t uid, gid_t gid)
{
	if (uid == geteuid())
		return 0;
	if (fchown(witness->fd, uid, gid) < 0 || fchmod(witness->directory_fd, 0711) < 0)
		return -errno;
	return 0;
}

/* Makes the file in its own directory; it is later read by the descriptor opened here. */
static int make_file(struct witness *witness, uid_t uid, gid_t gid)
{
	static bool swept;
	const char *tmp = getenv("TMPDIR");
	_cleanup_free_ char *parent = realpath(tmp && *tmp ? tmp : "/tmp", NULL);
	int r = -ENOENT;

	if (!parent)
		return -errno;
	witness->parent_fd = open(parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (witness->parent_fd < 0)
		return -errno;
	if (!swept)
		sweep(witness->parent_fd);
	swept = true;
	/* Another madvisor may remove it before it is locked. */
	for (int i = 0; i < ATTEMPTS && (r == -ENOENT || r == -EWOULDBLOCK); i++)
		r = make_directory(witness, parent);
	if (r < 0)
		return r;
	witness->file = xasprintf("%s/" TESTIMONY, witness->directory);
	witness->fd = openat(witness->directory_fd, TESTIMONY,
			     O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	return witness->fd < 0 ? -errno : hand_over(witness, uid, gid);
}

int witness_open(struct witness *witness, uid_t uid, gid_t gid, struct error *err)
{
	*witness = (struct witness)WITNESS_INIT;
	witness->library = self_companion(LIBRARY_NAME, R_OK);
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

char **witness_preload(const struct witness *witness, char *const *environment)
{
	_cleanup_free_ char *preload = xasprintf(PRELOAD "%s", witness->library);

	for (size_t i = 0; environment[i]; i++) {
		const char *others = environment[i] + strlen(PRELOAD);

		if (strncmp(environment[i], PRELOAD, strlen(PRELOAD)) != 0 || !*others)
			continue;
		free(preload);
		preload = xasprintf(PRELOAD "%s:%s", witness->library, others);
	}
	return environment_with(environment, (const char *const[]){ preload, NULL });
}

const char *witness_preload_rest(const char *preload)
{
	size_t len = strcspn(preload, ":");
	size_t name_len = strlen("/" LIBRARY_NAME);

	if (len < name_len || strncmp(preload + len - name_len, "/" LIBRARY_NAME, name_len) != 0)
		return preload;
	return preload + len + (preload[len] == ':');
}

char **witness_environment(const struct witness *witness, char *const *environment)
{
	_cleanup_free_ char *file = xasprintf("MADVISOR_WITNESS=%s", witness->file);
	char **preloaded = witness_preload(witness, environment);
	char **watched = environment_with(preloaded, (const char *const[]){ file, NULL });

	strv_free(preloaded);
	return watched;
}

void witness_forget(const struct witness *witness)
{
	/* On failure more programs have spoken than ran: they match none of the lineage. */
	if (ftruncate(witness->fd, 0) < 0)
		return;
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

static bool is_contenders(const void *context, const char *object)
{
	return contender_check_object(context, object, NULL) == 0;
}

static void set_proof(struct contender *contender, const struct testimony *first)
{
	if (contender->proof && strstr(contender->proof, SEEN))
		return; /* in an earlier case */
	_cleanup_free_ char *settings = TAKE_PTR(contender->proof);
	contender->proof = xasprintf("serves malloc in %s, " SEEN "%s%s",
				     first->serves ? "the program" : "programs that it starts",
				     settings ? "; " : "", settings ? settings : "");
}

int witness_check(const struct witness *witness, struct contender *contender, bool any,
		  struct testimonies *ret, struct error *err)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	size_t served = 0, first;

	*ret = (struct testimonies){ 0 };
	/* Input before an error counts; a genuine report stays far below the limit. */
	if ((lseek(witness->fd, 0, SEEK_SET) < 0 ||
	     strbuf_read_fd(&text, witness->fd, TESTIMONY_MAX_BYTES) < 0) &&
	    !text.len)
		return refuse_silence(contender, err);
	testimonies_parse(text.buf, is_contenders, contender, ret, &first);
	if (first == SIZE_MAX)
		return refuse_silence(contender, err);
	for (size_t i = 0; i < ret->count; i++)
		served += ret->items[i].serves;
	if (any ? !served : !ret->items[first].serves)
		return refuse_other(contender, ret->items[first].object, err);
	set_proof(contender, &ret->items[first]);
	return 0;
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		close(TAKE_FD(*fd));
}

/* Removes by directories opened before the program ran, so that renames cannot redirect it. */
void witness_close(struct witness *witness)
{
	if (!witness)
		return;
	if (witness->directory)
		remove_directory(witness->parent_fd, strrchr(witness->directory, '/') + 1,
				 witness->directory_fd);
	close_if_open(&witness->fd);
	close_if_open(&witness->directory_fd);
	close_if_open(&witness->parent_fd);
	free(witness->library);
	free(witness->directory);
	free(witness->file);
	*witness = (struct witness)WITNESS_INIT;
}
