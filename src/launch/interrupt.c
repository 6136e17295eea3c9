/* SPDX-License-Identifier: MIT */
#include "launch/interrupt.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/array.h"

static const int watched_signals[] = { SIGINT, SIGTERM, SIGHUP };
static volatile sig_atomic_t pending_signal;
static int event_fd = -1;

static void on_signal(int signal_number)
{
	int saved_errno = errno;
	uint64_t one = 1;

	pending_signal = signal_number;
	if (write(event_fd, &one, sizeof(one)) < 0) {
		/* The counter is at its limit: it is readable already. */
	}
	errno = saved_errno;
}

/*
 * nohup(1) ignores SIGHUP. SIGINT is different: a shell without job control ignores it for every job in the background,
 * so a SIGINT sent to such a job is meant for it.
 */
static bool is_kept_ignored(int signal_number)
{
	struct sigaction inherited;

	return signal_number == SIGHUP && sigaction(signal_number, NULL, &inherited) == 0 &&
	       inherited.sa_handler == SIG_IGN;
}

int interrupt_install(struct error *err)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	if (event_fd >= 0)
		return 0;
	event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (event_fd < 0)
		return error_set(err, ERROR_MACHINE, errno, "cannot watch for signals: %s",
				 strerror(errno));
	for (size_t i = 0; i < ARRAY_SIZE(watched_signals); i++)
		if (!is_kept_ignored(watched_signals[i]))
			sigaction(watched_signals[i], &action, NULL);
	return 0;
}

int interrupt_fd(void)
{
	return event_fd;
}

bool interrupt_pending(void)
{
	return pending_signal != 0;
}

int interrupt_signal(void)
{
	return pending_signal;
}
