/* SPDX-License-Identifier: MIT */
#include "explain/others.h"

#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/owners.h"

/* By counts alone: as many of the faults, in a program that spends its time in the kernel. */
#define LEAST_PART 0.25

static bool is_costly(const struct subject *subject, const struct owner_cost *cost)
{
	double share_pct = subject_share_pct(subject, cost->refaults_ns + cost->calls_ns);

	if (!isnan(share_pct))
		return share_pct >= WORTH_PCT;
	return cost->refaults >= LEAST_PART * subject->faults && subject_may_be_taxed(subject);
}

bool others_examine(const struct subject *subject, enum owner owner,
		    const struct others_words *words, struct finding *finding)
{
	struct owner_cost cost = owner_cost_of(subject, owner);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf where = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf touched = STRBUF_INIT;

	if (!is_costly(subject, &cost))
		return false;
	say_share(&text, subject, cost.refaults_ns + cost.calls_ns);
	say_faults(&text, subject, cost.refaults);
	strbuf_addf(&text, " are on pages that %s", words->gave);
	say_owners_place(subject, owner, &where);
	if (cost.refaults > 0)
		say_owners_touch(subject, owner, &touched);
	if (where.len)
		strbuf_addf(&text, ": %s", where.buf);
	if (touched.len)
		strbuf_addf(&text, "%s %s", where.len ? "," : ":", touched.buf);
	strbuf_addf(&text, ". This is not its allocator's doing, and no setting changes it. %s.",
		    words->advice);
	finding->confidence = finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_MINOR_FAULTS, METRIC_FAULT_NS,
			 METRIC_REFAULTS_DONTNEED, METRIC_REFAULTS_MUNMAP,
			 METRIC_MADVISE_DONTNEED_CALLS, METRIC_MADVISE_DONTNEED_NS,
			 METRIC_MUNMAP_CALLS, METRIC_MUNMAP_NS);
	finding_predict(finding, subject, cost.refaults, "these refaults", cost.calls_ns,
			"the calls");
	finding->text = strbuf_detach(&text);
	return true;
}
