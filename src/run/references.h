/* SPDX-License-Identifier: MIT */
/*
 * run/references: the rows that an experiment has beside its contenders. The baseline must be among the
 * contenders, with its role set.
 */
#ifndef MADVISOR_RUN_REFERENCES_H
#define MADVISOR_RUN_REFERENCES_H

#include "model/result.h"

/*
 * Adds a copy of a contender, which may not stand in the result itself, with another name (taken over) and
 * role.
 */
void result_add_copy(struct result *result, const struct contender *contender, char *name,
		     enum contender_role role) __attribute__((nonnull));
/* Adds a blind copy of the baseline, as "NAME:twin", to measure the noise floor. */
void result_add_twin(struct result *result) __attribute__((nonnull));
/* The workload of a case with allocation replaced by a recycled pool, as "limit". */
void result_add_limit(struct result *result) __attribute__((nonnull));

#endif
