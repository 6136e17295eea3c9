/* SPDX-License-Identifier: MIT */
/* model/document-retained: a part of document.c and document-read.c: retained[]. */
#ifndef MADVISOR_MODEL_DOCUMENT_RETAINED_H
#define MADVISOR_MODEL_DOCUMENT_RETAINED_H

#include "model/document-node.h"
#include "model/result.h"

/* After runs[]. 0, or -EINVAL with the document's error set. Earlier versions wrote none. */
int document_read_retained(const struct node *root, struct result *result)
	__attribute__((nonnull, warn_unused_result));

/* A row; the caller owns it. */
json_t *document_retained_json(const struct retained *retained)
	__attribute__((nonnull, returns_nonnull));

#endif
