/* SPDX-License-Identifier: MIT */
/*
 * workload/report: the figures as lines "name value", names as in madvisor's metrics.
 *
 * A figure that was not measured has no line.
 */
#ifndef MADVISOR_WORKLOAD_REPORT_H
#define MADVISOR_WORKLOAD_REPORT_H

#include "base/error.h"
#include "base/strbuf.h"
#include "measure.h"
#include "source.h"

void report_format(struct strbuf *sb, const struct measured *measured, enum source_kind source)
	__attribute__((nonnull));

/* Writes all of it to fd, or to stdout where fd is -1. */
int report_write(const struct strbuf *text, int fd, struct error *err)
	__attribute__((nonnull(1), warn_unused_result));

#endif
