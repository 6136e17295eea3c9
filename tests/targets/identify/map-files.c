/* SPDX-License-Identifier: MIT */
/*
 * map-files FILE...: maps the beginning of each as code is mapped, says "ready", and goes on with a block of memory that
 * it takes and gives back.
 * map-files --flicker FILE SHORT: cuts the file to that many bytes and gives it its length back, again and again.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int flicker(const char *path, off_t cut)
{
	int fd = open(path, O_RDWR);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		usleep(20000);
		if (ftruncate(fd, cut) < 0)
			return 1;
		usleep(1000);
		if (ftruncate(fd, st.st_size) < 0)
			return 1;
	}
}

static int map_file(const char *path)
{
	int fd = open(path, O_RDONLY);

	if (fd >= 0 && mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) != MAP_FAILED)
		return close(fd);
	perror(path);
	return -1;
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--flicker"))
		return flicker(argv[2], atol(argv[3]));
	for (int i = 1; i < argc; i++)
		if (map_file(argv[i]) < 0)
			return 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		volatile char *block = malloc(1 << 20);

		for (int i = 0; block && i < 1 << 20; i += 4096)
			block[i] = 1;
		free((void *)block);
		usleep(1000);
	}
}
