/* SPDX-License-Identifier: MIT */
/*
 * spend MS [COUNT]: allocates, and takes MS milliseconds of CPU time of its own from main() on. With COUNT, in each of COUNT
 * children of its own, one after the other, which it forks and does not exec; they end by _exit(2).
 */
#include <err.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void spend(double ms)
{
	double end = cpu_ms() + ms;

	do
		free(malloc(100));
	while (cpu_ms() < end);
}

int main(int argc, char **argv)
{
	if (argc < 2)
		errx(2, "spend MS [COUNT]");
	if (argc < 3) {
		spend(atof(argv[1]));
		return 0;
	}
	for (int i = atoi(argv[2]); i > 0; i--) {
		pid_t child = fork();

		if (child < 0)
			err(1, "fork");
		if (child == 0) {
			spend(atof(argv[1]));
			_exit(0);
		}
		waitpid(child, NULL, 0);
	}
	return 0;
}
