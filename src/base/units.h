/* SPDX-License-Identifier: MIT */
/*
 * base/units: parses and formats numbers with units.
 *
 * Sizes are binary: 1K is 1024 bytes. Every parser takes the whole text or refuses it: no trailing
 * characters, no sign where none makes sense, no silent overflow. Formatters append to a strbuf.
 */
#ifndef MADVISOR_BASE_UNITS_H
#define MADVISOR_BASE_UNITS_H

#include <stdint.h>

#include "base/strbuf.h"

#define NS_PER_SEC UINT64_C(1000000000)
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_US UINT64_C(1000)

/* Each returns 0, -EINVAL (not a number of that form) or -ERANGE (does not fit). */
int parse_u64(const char *text, uint64_t *ret) __attribute__((nonnull, warn_unused_result));
/* "4096", "16K", "1M", "2G", "1T", also with "B" or "iB" behind the letter; either case. */
int parse_size(const char *text, uint64_t *ret_bytes) __attribute__((nonnull, warn_unused_result));
/* A finite decimal number. */
int parse_double(const char *text, double *ret) __attribute__((nonnull, warn_unused_result));
/* "30", "30s", "1.5m", "250ms", "2h": seconds where no unit is given. */
int parse_duration_ns(const char *text, uint64_t *ret_ns)
	__attribute__((nonnull, warn_unused_result));
/* "5", "5%", "0.5%": percent. */
int parse_pct(const char *text, double *ret_pct) __attribute__((nonnull, warn_unused_result));

/* Formatters write "-" for NAN: not measured. */
void format_bytes(struct strbuf *sb, double bytes); /* "16.0 KiB" */
void format_ns(struct strbuf *sb, double ns);       /* "1.24 ms" */
void format_count(struct strbuf *sb, double count); /* "228,455" */
void format_rate(struct strbuf *sb, double per_s);  /* "1.24 M/s" */
void format_ratio(struct strbuf *sb, double ratio); /* "1.62x" */
/* The exact short form that case names use: "8", "16K", "1M"; whole bytes otherwise. */
void format_size_exact(struct strbuf *sb, uint64_t bytes);

#endif
