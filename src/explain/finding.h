/* SPDX-License-Identifier: MIT */
/*
 * explain/finding: how rules fill a finding in: evidence, settings, prediction; and the phrases that
 * several of them use.
 */
#ifndef MADVISOR_EXPLAIN_FINDING_H
#define MADVISOR_EXPLAIN_FINDING_H

#include "base/strbuf.h"
#include "explain/subject.h"
#include "model/result.h"

/* Copies the measured ones of these metrics, which METRIC_COUNT ends. */
void finding_add_evidence(struct finding *finding, const struct subject *subject,
			  const enum metric_id *ids) __attribute__((nonnull));
#define FINDING_EVIDENCE(finding, subject, ...)    \
	finding_add_evidence((finding), (subject), \
			     (const enum metric_id[]){ __VA_ARGS__, METRIC_COUNT })

/* Adds a setting with its value. Texts are copied. */
void finding_add_setting(struct finding *finding, const char *key, const char *value,
			 const char *why, const char *risk) __attribute__((nonnull));

/* The same for a variable that no allocator's catalogue has. */
void finding_add_variable(struct finding *finding, const char *variable, const char *value,
			  const char *why, const char *risk) __attribute__((nonnull));
/* Takes the setting that was added last away again. There must be one. */
void finding_drop_setting(struct finding *finding) __attribute__((nonnull));

/*
 * Predicts that the CPU time of these faults and calls goes away, and says how that was computed. Nothing
 * where times were not measured.
 */
void finding_predict(struct finding *finding, const struct subject *subject, double faults,
		     const char *faults_name, double calls_ns, const char *calls_name)
	__attribute__((nonnull));

/* What losses leave of any confidence: 1 without any, half of it where they make a verdict impossible. */
double finding_trust(const struct subject *subject) __attribute__((nonnull, pure));
/* How sure a rule about time is: less where only counts were seen, or where events were lost. */
double finding_confidence(const struct subject *subject) __attribute__((nonnull, pure));

/* "61%", "2.4%" */
void say_pct(struct strbuf *sb, double pct) __attribute__((nonnull));
/* "470,685 of 552,310 page faults (85%)" */
void say_faults(struct strbuf *sb, const struct subject *subject, double faults)
	__attribute__((nonnull));
/* "228,455 calls, 75,012 a second, gave away 3.20 GiB" */
void say_calls(struct strbuf *sb, const struct subject *subject, enum metric_id calls,
	       enum metric_id bytes, const char *did) __attribute__((nonnull));
/* "61% of its CPU time goes into this. " Nothing without times. */
void say_share(struct strbuf *sb, const struct subject *subject, double ns)
	__attribute__((nonnull));
/* "jemalloc 5.3.0", "the allocator". */
void say_allocator(struct strbuf *sb, const struct subject *subject) __attribute__((nonnull));

/* A count, a size or a time, formatted by its unit. */
void say_metric(struct strbuf *sb, const struct subject *subject, enum metric_id id)
	__attribute__((nonnull));

#endif
