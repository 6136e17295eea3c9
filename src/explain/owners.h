/* SPDX-License-Identifier: MIT */
/*
 * explain/owners: whose doing a program's purges are, and the refaults after them: by the stacks of a sample.
 *
 * A refault is its purge's owner's: of the pages that a kind of call took away, an owner's part is taken to come
 * back as often as the others'.
 */
#ifndef MADVISOR_EXPLAIN_OWNERS_H
#define MADVISOR_EXPLAIN_OWNERS_H

#include <stdbool.h>

#include "base/strbuf.h"
#include "explain/subject.h"
#include "model/result.h"

/* Whose the pages are that a kind of call took away, as parts of 1. All NAN where no stack tells. */
struct owner_parts {
	double part[OWNERS];
	double error[OWNERS]; /* standard error of the sample */
};

/* Whose the faults or calls are that a metric counts: no refaults and no purges. All NAN where it is not known. */
void owner_parts_of_metric(const struct subject *subject, enum metric_id metric,
			   struct owner_parts *ret) __attribute__((nonnull));

void owner_parts_of(const struct subject *subject, enum purge_cause cause, struct owner_parts *ret)
	__attribute__((nonnull));

/*
 * The part of a kind of purge that is the allocator's, stacks that tell nothing left out. NAN where most tell
 * nothing.
 */
double owners_allocator_part(const struct subject *subject, enum purge_cause cause)
	__attribute__((nonnull));

/* The kernel's work for memory, by whose doing it is. */
struct owners_account {
	double faults[OWNERS];
	double refaults[OWNERS]; /* of these */
	double ns[OWNERS];       /* in faults and calls; NAN where times were not measured */
	double error_ns[OWNERS]; /* standard error of the samples that tell the owners */
	double all_ns;
};

void owners_account(const struct subject *subject, struct owners_account *ret)
	__attribute__((nonnull));
/* Whether the owners of most of that are known. */
bool owners_are_known(const struct owners_account *account) __attribute__((nonnull, pure));

/* "allocator 62%, thread stacks 20%, …": parts of the time, or of the faults where that was not measured. */
void say_owners(const struct owners_account *account, struct strbuf *text) __attribute__((nonnull));

/* Whether most of what gives memory away, or all that is not known, is the allocator's: a setting may change it. */
bool owners_allocator_purges_most(const struct subject *subject) __attribute__((nonnull));

/* "by munmap in own (w.c:9), called from main (100%)": the place that most of its purges are made in. */
void say_owners_place(const struct subject *subject, enum owner owner, struct strbuf *text)
	__attribute__((nonnull));
/* "touched again in th (w.c:8)": where most refaults after the owner's purges are. Nothing where it is not known. */
void say_owners_touch(const struct subject *subject, enum owner owner, struct strbuf *text)
	__attribute__((nonnull));

#endif
