/* SPDX-License-Identifier: MIT */
/* base/slip: the name that was meant by a mistyped one: "did you mean …?". Layer: no other. Pure. */
#ifndef MADVISOR_BASE_SLIP_H
#define MADVISOR_BASE_SLIP_H

/* The search among candidates. `best` is NULL while none is close; borrowed from the candidates. */
struct slip {
	const char *word;
	const char *best;
	unsigned int least;
};

/* Letters to insert, remove or replace to make one name the other, in any case; 64 for long ones. */
unsigned int slip_distance(const char *a, const char *b) __attribute__((nonnull, pure));

/* Starts a search: up to a third of the word's letters wrong, and one more, count as a slip. */
void slip_init(struct slip *slip, const char *word) __attribute__((nonnull));
/* Of candidates that are as close the first is kept. The beginning of a name counts as one letter wrong. */
void slip_consider(struct slip *slip, const char *candidate) __attribute__((nonnull));

#endif
