/* SPDX-License-Identifier: MIT */
/* model/document-sweep: a sweep as the object "sweep" of a document. */
#ifndef MADVISOR_MODEL_DOCUMENT_SWEEP_H
#define MADVISOR_MODEL_DOCUMENT_SWEEP_H

#include <jansson.h>

#include "model/document-node.h"
#include "model/result.h"

/* Of a result that has one. */
json_t *sweep_json(const struct result *result) __attribute__((nonnull, returns_nonnull));
/* Nothing where there is none. -EINVAL with the error set, as in model/document-node.h. */
int document_read_sweep(const struct node *root, struct result *result)
	__attribute__((nonnull, warn_unused_result));

#endif
