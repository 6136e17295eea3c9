/* SPDX-License-Identifier: MIT */
/* The account of a program whose cost lies outside the allocator's kernel time. */
#include "explain/account.h"
#include "explain/finding.h"
#include "explain/locks.h"
#include "explain/rule.h"

/* With the error of what was sampled; as much as is known where it has none. */
static double most_pct(const struct subject *subject, double pct)
{
	return pct + subject_share_pct(subject, subject_known(subject, METRIC_FAULT_ERROR_NS));
}

static void say_end(const struct subject *subject, double pct, struct strbuf *text)
{
	double most = most_pct(subject, pct);

	if (!subject->timed) {
		strbuf_addstr(text,
			      ", for everything that the kernel does for it: look elsewhere.");
	} else if (most >= NO_TAX_PCT) {
		strbuf_addstr(text, "; but of its faults a sample was timed, and it may be ");
		say_pct(text, most);
		strbuf_addstr(text, " and more: a longer run tells.");
	} else {
		strbuf_addstr(text, "; no setting can save more time there: look elsewhere.");
	}
}

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double pct = account_pct(subject);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !(pct < NO_TAX_PCT) || subject->wait_pct >= LOCK_PCT ||
	    locks_are_costly(subject))
		return false;
	strbuf_addstr(&text, "This program spends ");
	say_pct(&text, pct);
	strbuf_addstr(&text, " of its CPU time in the kernel");
	if (subject->timed)
		account_say_whose(subject, &text);
	say_end(subject, pct, &text);
	account_describe(subject, &text, finding);
	if (subject->timed && most_pct(subject, pct) >= NO_TAX_PCT)
		finding->confidence *= 0.5;
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_no_kernel_tax = {
	.id = "no-kernel-tax",
	.description = "the kernel works little for the program's memory: look elsewhere",
	.examine = examine,
};
