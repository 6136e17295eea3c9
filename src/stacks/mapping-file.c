/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "proc/maps.h"
#include "proc/proc.h"
#include "stacks/mappings.h"

/*
 * The program chooses its paths, so the file is opened only if it is the regular file that was
 * mapped. Takes ownership of `place`.
 */
static int open_same(int place, const struct mapped_file *file)
{
	_cleanup_close_ int path_fd = place;
	_cleanup_close_ int fd = proc_open_regular(place);

	return fd >= 0 && map_file_matches(fd, file->device, file->inode) ? TAKE_FD(fd) : -1;
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

int mapped_file_open(pid_t tgid, uint64_t start, uint64_t end, const struct mapped_file *file)
{
	_cleanup_proc_ struct proc proc = PROC_INIT;
	int fd = -1;

	if (!strcmp(file->path, "[vdso]"))
		return open_vdso();
	if (!file->inode)
		return -1;
	if (tgid && proc_open(&rootfs_real, tgid, &proc) == 0) {
		fd = open_same(proc_open_mapped(&proc, start, end), file);
		if (fd < 0)
			fd = open_same(proc_open_in_root(&proc, file->path), file);
	}
	return fd < 0 ? open_same(open(file->path, O_PATH | O_CLOEXEC), file) : fd;
}
