/* SPDX-License-Identifier: MIT */
/*
 * launcher/protocol: messages between madvisor and madvisor-launcher over one SOCK_SEQPACKET
 * socket.
 *
 * In this order: PID; the target waits for GO, and calls exec; END when it is a zombie; madvisor
 * reads the zombie's last figures and sends REAP; USAGE, and the launcher ends.
 */
#ifndef MADVISOR_LAUNCHER_PROTOCOL_H
#define MADVISOR_LAUNCHER_PROTOCOL_H

#include <stdint.h>

/* From the launcher and the target, each a struct launcher_word. */
enum launcher_word_kind {
	LAUNCHER_PID, /* value: the target, which has not called exec yet */
	LAUNCHER_END, /* value: CLOCK_MONOTONIC, ns; with start_ns */
	LAUNCHER_USAGE, /* value: the wait status, with `usage` as wait4(2) gave it; -1: it gave none */
};

/* From madvisor, each one byte. */
enum { LAUNCHER_GO = 'G', LAUNCHER_REAP = 'R' };

enum { LAUNCHER_USAGE_WORDS = 18 }; /* struct rusage on 64-bit machines: 18 longs */

struct launcher_word {
	int64_t kind;
	int64_t value;
	int64_t start_ns; /* right before exec, by the clock of END; 0: it was killed at its gate */
	int64_t usage[LAUNCHER_USAGE_WORDS];
};

#endif
