/* SPDX-License-Identifier: MIT */
/*
 * base/start: what a process inherits over exec and a program cannot work with is put right, before anything else.
 */
#ifndef MADVISOR_BASE_START_H
#define MADVISOR_BASE_START_H

/*
 * Descriptors 0 to 2 that are closed are opened on /dev/null, so that no file or pipe gets such a number and is taken for
 * standard output. SIGCHLD gets its default: a parent that ignored it would have the kernel reap children before anybody
 * could ask how they ended (wait(2), NOTES). SIGPIPE is ignored: a reader that went away is an error of write(2). No
 * signal is blocked. Everything else stays as it was inherited, SIGHUP among it, which nohup(1) ignores.
 */
void start_put_right(void);

/*
 * In a child, before exec: every signal gets its default and none is blocked, except that SIGHUP stays ignored where
 * it is, so that nohup(1) holds for what madvisor runs. Async-signal-safe.
 */
void start_reset_signals(void);

#endif
