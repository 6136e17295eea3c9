/* SPDX-License-Identifier: MIT */
/*
 * launcher/protocol: messages between madvisor and madvisor-launcher over one SOCK_SEQPACKET
 * socket.
 *
 * In this order: a struct launcher_hello; the target waits for GO, and calls exec; END when it is a
 * zombie; madvisor reads the zombie's last figures and sends REAP; USAGE, and the launcher ends.
 *
 * The two are files of their own, so one of them may be left over from another version: madvisor
 * reads the hello first, whose layout up to `program` stays as it is in all versions.
 */
#ifndef MADVISOR_LAUNCHER_PROTOCOL_H
#define MADVISOR_LAUNCHER_PROTOCOL_H

#include <stdint.h>

/* To be raised with each change of the messages or of the launcher's arguments. */
enum { LAUNCHER_PROTOCOL = 2 };
#define LAUNCHER_MAGIC INT64_C(0x6c2d726f73697664)
enum { LAUNCHER_VERSION_BYTES = 32 };

struct launcher_hello {
	int64_t magic;
	int64_t protocol;
	char version[LAUNCHER_VERSION_BYTES]; /* of madvisor; ends in a NUL */
	int64_t program;                      /* its pid; it has not called exec yet */
};

/* From the launcher afterwards, each a struct launcher_word. */
enum launcher_word_kind {
	LAUNCHER_END = 1, /* value: CLOCK_MONOTONIC, ns; with start_ns */
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
