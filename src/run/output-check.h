/* SPDX-License-Identifier: MIT */
/*
 * run/output-check: compares the outputs of every run with those of the baseline in the check round, so that a
 * faster wrong answer does not count.
 *
 * An output is compared if two runs under the baseline gave the same one. Exit status and standard
 * output decide; standard error is compared too, but an allocator may print messages of its own
 * there, so that a difference is only worth a note. Digests are compared, in bounded memory;
 * the start of the text is kept to show where the first difference is.
 *
 * Life cycle: output_check_init(), output_check_expect() for each case, output_check_find() after each run, output_check_release().
 */
#ifndef MADVISOR_RUN_OUTPUT_CHECK_H
#define MADVISOR_RUN_OUTPUT_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer standard output is not compared in the rounds: reading it would take too long. */
#define OUTPUT_CHECK_OUT_MAX (UINT64_C(16) << 20)
/* Of a standard output, kept to show a difference. */
enum { OUTPUT_CHECK_HEAD_BYTES = 1 << 16 };

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

enum output_part { OUTPUT_STATUS, OUTPUT_OUT, OUTPUT_ERR, OUTPUT_PARTS };

struct output_check_case {
	bool compared[OUTPUT_PARTS];
	struct run_output expected;
	bool *told; /* of each contender: its standard error was mentioned */
};

struct output_check {
	struct output_check_case *cases;
	size_t count;
};

void output_check_init(struct output_check *check, size_t cases, size_t contenders)
	__attribute__((nonnull));
void output_check_release(struct output_check *check) __attribute__((nonnull));

/* Takes two outputs of the baseline: what is the same in both is expected from now on. Takes `first`. */
void output_check_expect(struct output_check *check, size_t case_index, struct run_output *first,
			 const struct run_output *second) __attribute__((nonnull));

/* Whether standard output is to be captured in the rounds. */
bool output_check_reads_out(const struct output_check *check, size_t case_index)
	__attribute__((nonnull, pure));

/* The first part, from `from` on, that differs from what is expected, or OUTPUT_PARTS. */
enum output_part output_check_find(const struct output_check *check, size_t case_index,
				   const struct run_output *output, enum output_part from)
	__attribute__((nonnull, pure));

/* Whether the contender's standard error was mentioned: false at first. */
bool *output_check_told(struct output_check *check, size_t case_index, size_t contender_index)
	__attribute__((nonnull, returns_nonnull));

/* Compares this part no longer: the baseline itself differs. */
void output_check_give_up(struct output_check *check, size_t case_index, enum output_part part)
	__attribute__((nonnull));

/* "standard output", … Static. */
const char *output_part_name(enum output_part part) __attribute__((returns_nonnull, const));

/*
 * The difference in words, such as "its standard output differs from the baseline's (line 3: 'a',
 * not 'b')". Texts of the program are escaped and cut. Caller frees.
 */
char *output_check_describe(const struct output_check *check, size_t case_index,
			    enum output_part part, const struct run_output *output)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
