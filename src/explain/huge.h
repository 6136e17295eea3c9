/* SPDX-License-Identifier: MIT */
/*
 * explain/huge: transparent huge pages as an offer: what first touches of small pages cost, and what is left of that when one
 * fault brings 2 MiB. Whether that is a gain depends on how full the huge pages get and on how readily the machine finds
 * them, so that rounds alone tell.
 */
#ifndef MADVISOR_EXPLAIN_HUGE_H
#define MADVISOR_EXPLAIN_HUGE_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "explain/subject.h"
#include "model/result.h"
#include "model/setting.h"

/* What first touches brought at least, to speak of. */
#define HUGE_LEAST_BYTES (32.0 * 1024 * 1024)

/* Whether programs get huge pages here where they ask for them, and only there. */
bool huge_on_request(const struct subject *subject) __attribute__((nonnull, pure));

/* First touches of the allocator's memory; without classes all faults, where they prove to be growth. NAN: not known. */
double huge_first_touches(const struct subject *subject) __attribute__((nonnull));

/* The time of clearing the memory that these touched by 2 MiB at a time. */
double huge_clear_ns(const struct subject *subject, double touches) __attribute__((nonnull, pure));

/*
 * For heaps of glibc that are to be kept, by the settings against the symptom: fills in the finding that offers huge pages
 * beside that, without a prediction. False where growth costs too little, or nothing can ask for them. glibc asks for them
 * where a heap grows by 2 MiB and more (malloc/malloc.c, madvise_thp()); a thread's heap, by small pieces else, does so
 * only if it is made usable at once: SYMPTOM_COMMITS.
 */
bool huge_offer(const struct subject *subject, enum symptom symptom, struct finding *finding)
	__attribute__((nonnull));

#endif
