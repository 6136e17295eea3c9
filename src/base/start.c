/* SPDX-License-Identifier: MIT */
#include "base/start.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static void open_standard_descriptors(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR | O_NOCTTY);
		if (fd < 0)
			abort(); /* no stream for a message */
	} while (fd <= STDERR_FILENO);
	close(fd);
}

static void unblock_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

void start_put_right(void)
{
	open_standard_descriptors();
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	unblock_signals();
}

void start_reset_signals(void)
{
	for (int number = 1; number < NSIG; number++) {
		struct sigaction before;

		if (number == SIGHUP && sigaction(number, NULL, &before) == 0 &&
		    before.sa_handler == SIG_IGN)
			continue;
		signal(number, SIG_DFL);
	}
	unblock_signals();
}
