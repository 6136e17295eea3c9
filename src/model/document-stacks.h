/* SPDX-License-Identifier: MIT */
/* model/document-stacks: a part of document-read.c: frames[] and stacks[]. */
#ifndef MADVISOR_MODEL_DOCUMENT_STACKS_H
#define MADVISOR_MODEL_DOCUMENT_STACKS_H

#include "model/document-node.h"
#include "model/result.h"

/* After runs[]. 0, or -EINVAL with the document's error set. */
int document_read_stacks(const struct node *root, struct result *result)
	__attribute__((nonnull, warn_unused_result));

#endif
