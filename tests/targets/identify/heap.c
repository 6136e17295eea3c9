/* SPDX-License-Identifier: MIT */
/* Uses malloc, and printf for the texts that it drags into a static program. With an argument it opens that library; then it says so and waits to be looked at. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *volatile text = malloc(4096);

	strcpy(text, "ready");
#ifndef WITHOUT_DLOPEN
	if (argc > 1 && strcmp(argv[1], "-") != 0 && !dlopen(argv[1], RTLD_NOW)) {
		fputs(dlerror(), stderr);
		return 1;
	}
#endif
	printf("%s %d\n", text, argc);
	fflush(stdout);
	free(text);
	if (argc > 1)
		sleep(60);
	return 0;
}
