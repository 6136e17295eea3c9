/* SPDX-License-Identifier: MIT */
/* model/document-gates: reads the conditions of a document. A part of model/document-read. */
#ifndef MADVISOR_MODEL_DOCUMENT_GATES_H
#define MADVISOR_MODEL_DOCUMENT_GATES_H

#include "model/document-node.h"
#include "model/result.h"

/* Adds gates[]; the result has its contenders and cases. */
int document_read_gates(const struct node *root, struct result *result)
	__attribute__((nonnull, warn_unused_result));

#endif
