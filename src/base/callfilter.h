/* SPDX-License-Identifier: MIT */
/*
 * base/callfilter: builds a seccomp filter (seccomp(2)): instructions that examine a system call in
 * order and decide on it. The caller installs its program by prctl(2) or seccomp(2).
 */
#ifndef MADVISOR_BASE_CALLFILTER_H
#define MADVISOR_BASE_CALLFILTER_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#define CALLFILTER_MAX 256

/* Zero-initialise. One instruction too many makes it a program that the kernel refuses. */
struct callfilter {
	struct sock_filter items[CALLFILTER_MAX];
	unsigned short count;
};

void callfilter_add(struct callfilter *filter, struct sock_filter item) __attribute__((nonnull));
/* Loads the word at an offset of struct seccomp_data. */
void callfilter_load(struct callfilter *filter, size_t offset) __attribute__((nonnull));
/* Ends with an action (SECCOMP_RET_…); the second only where the loaded word is `value`. */
void callfilter_give(struct callfilter *filter, uint32_t action) __attribute__((nonnull));
void callfilter_give_if(struct callfilter *filter, uint32_t value, uint32_t action)
	__attribute__((nonnull));

/* Borrowed from the filter. */
struct sock_fprog callfilter_program(struct callfilter *filter) __attribute__((nonnull));

#endif
