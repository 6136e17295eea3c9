/* SPDX-License-Identifier: MIT */
/*
 * explain/purge: the shared part of all rules about memory that is given away and faulted in again.
 */
#ifndef MADVISOR_EXPLAIN_PURGE_H
#define MADVISOR_EXPLAIN_PURGE_H

#include "base/strbuf.h"
#include "explain/subject.h"
#include "model/result.h"

/* One way to give memory away, by the metrics that count it. */
struct purge {
	const char *call; /* "madvise(MADV_DONTNEED)" */
	enum purge_cause cause;
	enum metric_id refaults, calls, bytes, ns;
	double given_part; /* of the bytes: brk counts growth as well */
};

extern const struct purge purge_dontneed, purge_munmap, purge_brk;

/* Pages that the allocator's own calls named. */
double purge_pages(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));
/*
 * Pages that mmap filled in, by MAP_POPULATE or after mlockall, in place of others that munmap had taken: no fault brings
 * them, so that they are no refaults. The allocator's part. 0 where none are known.
 */
double purge_filled_anew(const struct subject *subject) __attribute__((nonnull));

/*
 * First touches that the allocator brings about beyond what a single process ever had at a time: memory mapped anew, at
 * other addresses, in place of what its munmap had given back. At least so many; 0 where that cannot be told.
 */
double purge_taken_anew(const struct subject *subject) __attribute__((nonnull));
/* Refaults after the allocator's own purges, what munmap is followed by included; where faults are not told apart, NAN. */
double purge_refaults(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));
/* CPU time of the allocator's own calls and of the refaults after them; NAN where times were not measured. */
double purge_cost_ns(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));

/*
 * Whether the allocator gives and takes by these calls so that it is worth a finding: by its share of CPU time where
 * that was measured, and by counts alone where a quarter of the faults are such refaults, in a program that spends its
 * time in the kernel. Without refaults there is no taking: where faults are not told apart, the bound must prove some.
 */
bool purge_is_costly(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));

/*
 * Whether it can be told whose such calls are, or only the allocator makes them: without stacks and classes of faults, and
 * where most stacks tell nothing, munmap and madvise(MADV_DONTNEED) may be the program's own, or of its threads' stacks.
 */
bool purge_is_told(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));
/* Says that it cannot, and what can. */
void say_untold(const struct subject *subject, struct strbuf *text) __attribute__((nonnull));

/* Evidence, confidence, predicted gain, and the sentences that say what happens. */
void purge_describe(const struct purge *purge, const struct subject *subject, struct strbuf *text,
		    struct finding *finding) __attribute__((nonnull));

#endif
