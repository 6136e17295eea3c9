/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/xalloc.h"
#include "stacks/mappings.h"

/* The program chooses the path: nothing but the regular file it mapped is opened, be it by mistake. */
static int open_inode(const char *path, uint64_t inode)
{
	_cleanup_close_ int place = open(path, O_PATH | O_CLOEXEC);
	char self[64];
	struct stat st;

	if (place < 0 || fstat(place, &st) < 0 || !S_ISREG(st.st_mode) || st.st_ino != inode)
		return -1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", place);
	return open(self, O_RDONLY | O_CLOEXEC);
}

/*
 * The kernel's own library is the same in every process: a copy of ours. Two pages hold it since it exists, and
 * what is behind it may not be readable, so that only as much is copied as its ELF header says there is.
 */
static int open_vdso(void)
{
	const unsigned char *image = (const unsigned char *)getauxval(AT_SYSINFO_EHDR);
	uint64_t sections;
	uint16_t size, count;

	if (!image)
		return -1;
	/* Elf64_Ehdr: e_shoff, e_shentsize, e_shnum. The section headers are the last part of it. */
	memcpy(&sections, image + 40, sizeof(sections));
	memcpy(&size, image + 58, sizeof(size));
	memcpy(&count, image + 60, sizeof(count));
	uint64_t bytes = sections + (uint64_t)size * count;
	int fd = memfd_create("vdso", MFD_CLOEXEC);

	if (fd >= 0 && write(fd, image, bytes) != (ssize_t)bytes) {
		close(fd);
		return -1;
	}
	return fd;
}

int mapped_file_open(pid_t tgid, uint64_t start, uint64_t end, const char *path, uint64_t inode)
{
	int fd = -1;

	if (!strcmp(path, "[vdso]"))
		return open_vdso();
	if (!inode)
		return -1;
	if (tgid) {
		_cleanup_free_ char *mapped =
			xasprintf("/proc/%d/map_files/%llx-%llx", (int)tgid,
				  (unsigned long long)start, (unsigned long long)end);
		_cleanup_free_ char *rooted = xasprintf("/proc/%d/root%s", (int)tgid, path);

		fd = open_inode(mapped, inode);
		if (fd < 0)
			fd = open_inode(rooted, inode);
	}
	return fd < 0 ? open_inode(path, inode) : fd;
}
