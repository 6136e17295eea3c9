/* SPDX-License-Identifier: MIT */
#include "identify/door.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/confined.h"

/* More than any program maps or needs. */
enum { GIVEN_MAX = 16384 };

struct request {
	uint32_t kind;
	uint64_t start, end; /* DOOR_MAPPED */
	char path[];         /* DOOR_LIBRARY; the rest of the message, NUL included */
};

enum { PATH_BYTES = CONFINED_REQUEST_MAX - sizeof(struct request) };

/* --- the parent's end */

static int open_library(const struct door *door, const char *path, size_t size)
{
	char start[SELFMAG];
	struct stat st;

	if (!door->opens_libraries || !size || path[size - 1] != '\0' ||
	    (door->proc && *path != '/'))
		return -EACCES;
	_cleanup_close_ int place =
		door->proc ? proc_open_in_root(door->proc, path) : open(path, O_PATH | O_CLOEXEC);
	_cleanup_close_ int fd = proc_open_regular(place);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0 || st.st_uid != 0)
		return -EACCES;
	if (pread(fd, start, sizeof(start), 0) != sizeof(start) ||
	    memcmp(start, ELFMAG, SELFMAG) != 0)
		return -ENOEXEC;
	return TAKE_FD(fd);
}

static int open_range(const struct proc *proc, const struct request *request)
{
	_cleanup_close_ int place = proc_open_mapped(proc, request->start, request->end);

	return proc_open_regular(place);
}

static int open_of_process(const struct proc *proc, const struct request *request)
{
	static const char *const names[] = {
		[DOOR_WORDS] = "cmdline", [DOOR_MAPS] = "maps",  [DOOR_ENVIRON] = "environ",
		[DOOR_AUXV] = "auxv",     [DOOR_MEMORY] = "mem", [DOOR_PROGRAM] = "exe",
	};

	switch ((enum door_kind)request->kind) {
	case DOOR_MAPS:
	case DOOR_ENVIRON:
	case DOOR_AUXV:
	case DOOR_WORDS:
	case DOOR_MEMORY:
	case DOOR_PROGRAM:
		return proc_open_file(proc, names[request->kind], O_RDONLY);
	case DOOR_ROOT:
		return proc_open_file(proc, "root", O_PATH | O_DIRECTORY);
	case DOOR_MAPPED:
		return open_range(proc, request);
	case DOOR_LIBRARY:
	case DOOR_KIND_COUNT:
		break;
	}
	return -EINVAL;
}

int door_serve(void *context, const void *message, size_t size)
{
	struct door *door = context;
	_Alignas(struct request) char bytes[CONFINED_REQUEST_MAX];
	const struct request *request = (const void *)bytes;

	if (size < sizeof(*request) || size > sizeof(bytes) || door->given++ >= GIVEN_MAX)
		return -EINVAL;
	memcpy(bytes, message, size);
	if (request->kind == DOOR_LIBRARY)
		return open_library(door, request->path, size - sizeof(*request));
	return door->proc ? open_of_process(door->proc, request) : -EINVAL;
}

/* --- the child's end */

int door_open(enum door_kind kind)
{
	const struct request request = { .kind = kind };

	return confined_request(&request, sizeof(request));
}

int door_open_mapped(uint64_t start, uint64_t end)
{
	const struct request request = { .kind = DOOR_MAPPED, .start = start, .end = end };

	return confined_request(&request, sizeof(request));
}

int door_open_library(const char *path)
{
	_Alignas(struct request) char bytes[CONFINED_REQUEST_MAX] = { 0 };
	struct request *request = (void *)bytes;
	size_t len = strlen(path);

	if (len >= PATH_BYTES)
		return -ENAMETOOLONG;
	request->kind = DOOR_LIBRARY;
	memcpy(request->path, path, len);
	return confined_request(bytes, sizeof(*request) + len + 1);
}
