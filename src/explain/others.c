/* SPDX-License-Identifier: MIT */
#include "explain/others.h"

#include <math.h>

#include "base/units.h"
#include "explain/finding.h"
#include "explain/owners.h"

/* By counts alone: as many of the faults, in a program that spends its time in the kernel. */
#define LEAST_PART 0.25
/* Below this CPU time, start and end of the process are a large part of it. */
#define SHORT_NS (20.0 * NS_PER_MS)

/* What goes and comes back is worth a finding sooner than what is touched once. */
static bool is_costly(const struct subject *subject, const struct owners_account *account,
		      enum owner owner)
{
	double refaults_ns = subject_faults_ns(subject, account->refaults[owner]);

	if (subject->cpu_ns < SHORT_NS)
		return false;
	if (subject->timed && account->all_ns > 0)
		return subject_share_pct(subject, refaults_ns) >= WORTH_PCT ||
		       subject_share_pct(subject, account->ns[owner]) >= NO_TAX_PCT;
	return account->faults[owner] >= LEAST_PART * subject->faults &&
	       subject_may_be_taxed(subject);
}

static void say_where(const struct subject *subject, enum owner owner, double refaults,
		      struct strbuf *text)
{
	_cleanup_strbuf_ struct strbuf given = STRBUF_INIT, touched = STRBUF_INIT;

	if (refaults >= 1) {
		say_owners_place(subject, owner, &given);
		say_owners_touch(subject, owner, &touched);
	}
	if (given.len)
		strbuf_addf(text, ": given back %s", given.buf);
	if (touched.len)
		strbuf_addf(text, "%s %s", given.len ? "," : ":", touched.buf);
}

bool others_examine(const struct subject *subject, enum owner owner,
		    const struct others_words *words, struct finding *finding)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;
	struct owners_account account;

	owners_account(subject, &account);
	if (!is_costly(subject, &account, owner))
		return false;
	double refaults = account.refaults[owner];
	say_share(&text, subject, account.ns[owner]);
	say_faults(&text, subject, account.faults[owner]);
	strbuf_addf(&text, " are %s", words->faults);
	if (refaults >= 1) {
		strbuf_addstr(&text, ", ");
		format_count(&text, refaults);
		strbuf_addf(&text, " of them on pages %s", words->gone);
	}
	say_where(subject, owner, refaults, &text);
	strbuf_addf(&text,
		    ". This is not its allocator's doing, and nothing is proposed for it. %s.",
		    words->advice);
	finding->confidence = finding_confidence(subject);
	FINDING_EVIDENCE(finding, subject, METRIC_CPU_NS, METRIC_MINOR_FAULTS, METRIC_FAULT_NS,
			 METRIC_FIRST_TOUCH_FAULTS, METRIC_REFAULTS, METRIC_COW_FAULTS,
			 METRIC_EXEC_CALLS, METRIC_EXEC_NS, METRIC_FORK_CALLS, METRIC_FORK_NS);
	double faults_ns = subject_faults_ns(subject, account.faults[owner]);
	finding_predict(finding, subject, account.faults[owner], "these faults",
			fmax(account.ns[owner] - faults_ns, 0), "the calls");
	finding->text = strbuf_detach(&text);
	return true;
}
