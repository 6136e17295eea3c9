/* SPDX-License-Identifier: MIT */
/*
 * workload/runtime/futex: sleeping on a 32-bit word, and how to wait before that.
 *
 * futex(2): FUTEX_WAIT sleeps only while the word still holds the expected value, so a wake between
 * the caller's check and its sleep is not lost. Returns are spurious at will: callers loop.
 */
#ifndef MADVISOR_WORKLOAD_RUNTIME_FUTEX_H
#define MADVISOR_WORKLOAD_RUNTIME_FUTEX_H

#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void futex_wait(_Atomic uint32_t *word, uint32_t expected)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static inline void futex_wake(_Atomic uint32_t *word, int count)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

static inline void cpu_relax(void)
{
#if defined(__x86_64__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("isb" ::: "memory"); /* "yield" is a no-op on most cores */
#endif
}

#endif
