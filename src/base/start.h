/* SPDX-License-Identifier: MIT */
/*
 * base/start: repairs unusable state that a process inherits over exec, before anything else.
 */
#ifndef MADVISOR_BASE_START_H
#define MADVISOR_BASE_START_H

/*
 * Opens closed descriptors 0 to 2 on /dev/null, so that no file or pipe gets such a number and is
 * taken for standard output. Resets SIGCHLD to its default: if it is ignored, the kernel reaps
 * children and their exit status is lost (wait(2), NOTES). Ignores SIGPIPE: write(2) fails instead.
 * Unblocks all signals. Everything else stays as inherited, also SIGHUP, which nohup(1) ignores.
 */
void start_put_right(void);

/*
 * In a child, before exec: resets every signal to its default and unblocks it; an ignored SIGHUP
 * stays ignored, so that nohup(1) applies to the programs that madvisor runs. Async-signal-safe.
 */
void start_reset_signals(void);

#endif
