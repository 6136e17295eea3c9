/* SPDX-License-Identifier: MIT */
/*
 * Touches one page in every 2 MiB of so many MiB of addresses, gives all of them back, and touches them again.
 *
 *   sparse-touch MIB [PROCESSES]
 *
 * With PROCESSES, so many children do that, and all of them live until the last has done it.
 */
#include <err.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP_BYTES (2ul << 20)

static void touch(char *memory, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += STEP_BYTES)
		memory[at] = 1;
}

static void touch_twice(size_t bytes)
{
	char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "mmap");
	if (madvise(memory, bytes, MADV_NOHUGEPAGE) < 0)
		warn("madvise");
	touch(memory, bytes);
	if (madvise(memory, bytes, MADV_DONTNEED) < 0)
		err(1, "madvise");
	touch(memory, bytes);
}

static void live_together(size_t bytes, size_t processes)
{
	int done[2], gate[2];
	char byte = 0;

	if (pipe(done) < 0 || pipe(gate) < 0)
		err(1, "pipe");
	for (size_t i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(1, "fork");
		if (pid == 0) {
			close(gate[1]);
			touch_twice(bytes);
			if (write(done[1], &byte, 1) != 1)
				_exit(1);
			_exit(read(gate[0], &byte, 1) == 0 ? 0 : 1);
		}
	}
	for (size_t i = 0; i < processes; i++)
		if (read(done[0], &byte, 1) != 1)
			err(1, "read");
	close(gate[1]);
	while (wait(NULL) > 0)
		;
}

int main(int argc, char **argv)
{
	size_t bytes, processes;

	if (argc < 2)
		return 2;
	bytes = strtoul(argv[1], NULL, 10) << 20;
	processes = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	if (processes)
		live_together(bytes, processes);
	else
		touch_twice(bytes);
	return 0;
}
