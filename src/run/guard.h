/* SPDX-License-Identifier: MIT */
/*
 * run/guard: compares the outputs of every run with those of the baseline in the check round, so that a
 * faster wrong answer does not count.
 *
 * An output is compared if two runs under the baseline gave the same one. Exit status and standard
 * output decide; standard error is compared too, but an allocator may print messages of its own
 * there, so that a difference is only worth a note. Digests are compared, in bounded memory;
 * the start of the text is kept to show where the first difference is.
 *
 * Life cycle: guard_init(), guard_expect() for each case, guard_find() after each run, guard_release().
 */
#ifndef MADVISOR_RUN_GUARD_H
#define MADVISOR_RUN_GUARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer standard output is not compared in the rounds: reading it would take too long. */
#define GUARD_OUT_BYTES_MAX (UINT64_C(16) << 20)
/* Of a standard output, kept to show a difference. */
enum { GUARD_HEAD_BYTES = 1 << 16 };

/* What one run gave. Digests are those of base/digest. */
struct run_output {
	int exit_status;
	uint64_t out_bytes, out_digest; /* standard output, if it was read: captured */
	uint64_t err_digest;            /* standard error */
	char *out_head;                 /* its first out_head_len bytes; or NULL */
	size_t out_head_len;
	bool captured;
};

void run_output_release(struct run_output *output);
#define _cleanup_run_output_ __attribute__((cleanup(run_output_release)))

enum guard_part { GUARD_STATUS, GUARD_OUT, GUARD_ERR, GUARD_PARTS };

struct guard_case {
	bool compared[GUARD_PARTS];
	struct run_output expected;
	bool *told; /* of each contender: its standard error was mentioned */
};

struct guard {
	struct guard_case *cases;
	size_t count;
};

void guard_init(struct guard *guard, size_t cases, size_t contenders) __attribute__((nonnull));
void guard_release(struct guard *guard) __attribute__((nonnull));

/* Takes two outputs of the baseline: what is the same in both is expected from now on. Takes `first`. */
void guard_expect(struct guard *guard, size_t case_index, struct run_output *first,
		  const struct run_output *second) __attribute__((nonnull));

/* Whether standard output is to be captured in the rounds. */
bool guard_reads_out(const struct guard *guard, size_t case_index) __attribute__((nonnull, pure));

/* The first part, from `from` on, that differs from what is expected, or GUARD_PARTS. */
enum guard_part guard_find(const struct guard *guard, size_t case_index,
			   const struct run_output *output, enum guard_part from)
	__attribute__((nonnull, pure));

/* Whether the contender's standard error was mentioned: false at first. */
bool *guard_told(struct guard *guard, size_t case_index, size_t contender_index)
	__attribute__((nonnull, returns_nonnull));

/* Compares this part no longer: the baseline itself differs. */
void guard_give_up(struct guard *guard, size_t case_index, enum guard_part part)
	__attribute__((nonnull));

/* "standard output", … Static. */
const char *guard_part_name(enum guard_part part) __attribute__((returns_nonnull, const));

/*
 * The difference in words, such as "its standard output differs from the baseline's (line 3: 'a',
 * not 'b')". Texts of the program are escaped and cut. Caller frees.
 */
char *guard_describe(const struct guard *guard, size_t case_index, enum guard_part part,
		     const struct run_output *output)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
