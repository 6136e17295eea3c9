/* SPDX-License-Identifier: MIT */
/*
 * A parent with one page in every 2 MiB of so many MiB of addresses forks children that end at once, so many, one after the
 * other: to copy what is known of its pages would take long beside that.
 *
 *   fork-often MIB FORKS
 */
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_BYTES (2ul << 20)

int main(int argc, char **argv)
{
	size_t bytes, forks;
	char *memory;

	if (argc < 3)
		return 2;
	bytes = strtoul(argv[1], NULL, 10) << 20;
	forks = strtoul(argv[2], NULL, 10);
	memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (madvise(memory, bytes, MADV_NOHUGEPAGE) < 0)
		warn("madvise");
	for (size_t at = 0; at < bytes; at += STEP_BYTES)
		memory[at] = 1;
	while (forks--) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
		memory[0] = 1;
	}
	return 0;
}
