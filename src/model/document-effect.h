/* SPDX-License-Identifier: MIT */
/* model/document-effect: a row of effects[], read from a document. A part of document-read. */
#ifndef MADVISOR_MODEL_DOCUMENT_EFFECT_H
#define MADVISOR_MODEL_DOCUMENT_EFFECT_H

#include "model/document-node.h"
#include "model/result.h"

/* Reads all but case and contender. 0, or -EINVAL with the document's error set. */
int document_read_effect(const struct node *row, struct effect *effect)
	__attribute__((nonnull, warn_unused_result));

#endif
