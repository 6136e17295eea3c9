/* SPDX-License-Identifier: MIT */
/*
 * run/workload: the cases and suites of madvisor-workload, from running it.
 *
 * It stands beside the madvisor executable in a build tree and in libexec once installed;
 * MADVISOR_WORKLOAD names another one.
 */
#ifndef MADVISOR_RUN_WORKLOAD_H
#define MADVISOR_RUN_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/result.h"

struct workload_item {
	char *name;   /* canonical: "mpsc/32K/senders=5" */
	char *suites; /* "seed,full" */
	char *description;
};

struct workload_catalogue {
	char *program; /* absolute path of madvisor-workload */
	struct workload_item *cases;
	size_t count, alloc;
};

/* Finds the executable and asks it for its cases. ERROR_MACHINE without it. */
int workload_catalogue_load(struct workload_catalogue *ret, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));
void workload_catalogue_release(struct workload_catalogue *catalogue);

/* Whether a named case belongs to a suite. */
bool workload_item_in_suite(const struct workload_item *item, const char *suite)
	__attribute__((nonnull, pure));

/*
 * The canonical name for a case as the user wrote it, named or not. Caller frees. -EINVAL with
 * ERROR_USAGE and the workload's own explanation.
 */
int workload_resolve(const struct workload_catalogue *catalogue, const char *text, char **ret_name,
		     struct error *err) __attribute__((nonnull(1, 2, 3), warn_unused_result));

/* Adds the parameters of the case with that canonical name. ERROR_MACHINE if the query fails. */
int workload_add_parameters(const struct workload_catalogue *catalogue, struct case_info *item,
			    struct error *err) __attribute__((nonnull(1, 2), warn_unused_result));

/*
 * The canonical name of the case with that name and one of its numbers, such as "size", set to another value. Caller
 * frees. -EINVAL with ERROR_USAGE and the workload's own explanation.
 */
int workload_vary(const struct workload_catalogue *catalogue, const char *name,
		  const char *parameter, uint64_t value, char **ret_name, struct error *err)
	__attribute__((nonnull(1, 2, 3, 5), warn_unused_result));

/* The suites that exist, in the order of their first case, NULL-terminated. Free with strv_free(). */
char **workload_suites(const struct workload_catalogue *catalogue)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
