/* SPDX-License-Identifier: MIT */
/* model/document-tuning: a part of document.c and document-read.c: tuning. */
#ifndef MADVISOR_MODEL_DOCUMENT_TUNING_H
#define MADVISOR_MODEL_DOCUMENT_TUNING_H

#include "model/document-node.h"
#include "model/result.h"

/* Of a result with a tuning. The caller owns it. */
json_t *tuning_json(const struct result *result)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/* One row of its samples. The caller owns it. */
json_t *tuning_sample_json(const struct tuning_sample *sample)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

/*
 * After contenders[] and cases[]. Only a document of kind "tune" has one, and has to. 0, or -EINVAL with the
 * document's error set.
 */
int document_read_tuning(const struct node *root, struct result *result)
	__attribute__((nonnull, warn_unused_result));

#endif
