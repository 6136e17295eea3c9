/* SPDX-License-Identifier: MIT */
/* model/document-summary: the figures of a row of summaries[], read from a document. A part of document-read. */
#ifndef MADVISOR_MODEL_DOCUMENT_SUMMARY_H
#define MADVISOR_MODEL_DOCUMENT_SUMMARY_H

#include "model/document-node.h"
#include "model/result.h"

/* Reads all but case, contender and metric. 0, or -EINVAL with the document's error set. */
int document_read_summary(const struct node *row, struct summary *summary)
	__attribute__((nonnull, warn_unused_result));

#endif
