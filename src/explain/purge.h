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
	enum metric_id refaults, calls, bytes, ns;
	double given_part; /* of the bytes: brk counts growth as well */
};

extern const struct purge purge_dontneed, purge_munmap, purge_brk;

/* Pages that the calls named. */
double purge_pages(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));
/* CPU time of the calls and of the refaults after them; NAN where times were not measured. */
double purge_cost_ns(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));

/*
 * Whether it is worth a finding: by its share of CPU time where that was measured. By counts alone: its
 * refaults, or where these are not told apart the pages it named, are a quarter of the faults, in a
 * program that spends its time in the kernel.
 */
bool purge_is_costly(const struct purge *purge, const struct subject *subject)
	__attribute__((nonnull));

/* Evidence, confidence, predicted gain, and the sentences that say what happens. */
void purge_describe(const struct purge *purge, const struct subject *subject, struct strbuf *text,
		    struct finding *finding) __attribute__((nonnull));

#endif
