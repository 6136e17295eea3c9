/* SPDX-License-Identifier: MIT */
/*
 * model/document-node: typed access to the values of an untrusted document.
 *
 * A node is a JSON value and its path, so that a message can say "runs[12].metrics.wall_ns". Nodes
 * live on the reader's stack. Every function returns 0 or -EINVAL with the error set in the
 * document's struct error; *ret is owned by the caller, also on failure. Unknown keys are ignored:
 * a later madvisor may write more.
 */
#ifndef MADVISOR_MODEL_DOCUMENT_NODE_H
#define MADVISOR_MODEL_DOCUMENT_NODE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct node {
	const char *name; /* of the document */
	struct error *err;
	const struct node *up; /* NULL for the document itself */
	const char *key;       /* in `up` */
	bool indexed;          /* a row of the list `key` */
	size_t index;
	json_t *json;
};

/* Parses JSON of bounded size and depth; checks "schema". The caller calls json_decref(). */
int document_parse_json(const char *text, size_t len, const char *name, json_t **ret,
			struct error *err) __attribute__((nonnull(1, 3, 4), warn_unused_result));

/* Refuses the value of `key` in `node`: "NAME: PATH.KEY FMT…". */
int node_bad(const struct node *node, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 3, 4), nonnull));

int node_object(const struct node *up, const char *key, struct node *ret)
	__attribute__((nonnull, warn_unused_result));

/* Text of at most max bytes; the second accepts null or a missing key, and leaves NULL. */
int node_text(const struct node *node, const char *key, size_t max, char **ret)
	__attribute__((nonnull, warn_unused_result));
int node_text_or_null(const struct node *node, const char *key, size_t max, char **ret)
	__attribute__((nonnull, warn_unused_result));
/* A list of texts, NULL-terminated; NULL if the list is empty or missing. */
int node_text_list(const struct node *node, const char *key, size_t max, char ***ret)
	__attribute__((nonnull, warn_unused_result));

/* A finite number from low to high; NAN for null or a missing key. */
int node_number_or_null(const struct node *node, const char *key, double low, double high,
			double *ret) __attribute__((nonnull, warn_unused_result));
/* An integer from low to high; the second kind takes 1 to high, and gives 0 for null or no key. */
int node_count(const struct node *node, const char *key, uint64_t low, uint64_t high, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));
int node_count_or_null(const struct node *node, const char *key, uint64_t high, uint64_t *ret)
	__attribute__((nonnull, warn_unused_result));
int node_bool(const struct node *node, const char *key, bool *ret)
	__attribute__((nonnull, warn_unused_result));

/* Number of rows in the list `key`; 0 if it is not a list. */
size_t node_length(const struct node *node, const char *key) __attribute__((nonnull));
/* Calls read() for every row of a list of at most max objects, until one fails. */
int node_each(const struct node *node, const char *key, size_t max,
	      int (*read)(const struct node *row, void *ctx), void *ctx)
	__attribute__((nonnull(1, 2, 4), warn_unused_result));

#endif
