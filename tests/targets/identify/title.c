/* SPDX-License-Identifier: MIT */
/* Writes a title over its arguments and its environment, as servers do for ps(1); then it says so and waits to be looked at. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	char *end = NULL;

	for (size_t i = 0; environ[i]; i++)
		end = environ[i] + strlen(environ[i]);
	if (!end)
		return 1;
	memset(argv[0], 0, (size_t)(end - argv[0]));
	strcpy(argv[0], "a title");
	puts("ready");
	fflush(stdout);
	sleep(60);
	return 0;
}
