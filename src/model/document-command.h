/* SPDX-License-Identifier: MIT */
/* model/document-command: reads "host" and "command" of a document. A part of model/document. */
#ifndef MADVISOR_MODEL_DOCUMENT_COMMAND_H
#define MADVISOR_MODEL_DOCUMENT_COMMAND_H

#include "model/document-node.h"
#include "model/result.h"

int document_read_host(const struct node *root, struct host *host)
	__attribute__((nonnull, warn_unused_result));
int document_read_command(const struct node *root, struct command *command)
	__attribute__((nonnull, warn_unused_result));

#endif
