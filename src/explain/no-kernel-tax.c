/* SPDX-License-Identifier: MIT */
/* The account of a program whose cost lies outside the allocator's kernel time. */
#include "explain/account.h"
#include "explain/finding.h"
#include "explain/locks.h"
#include "explain/rule.h"

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
	strbuf_addstr(&text,
		      subject->timed
			      ? "; no setting can save more time there: look elsewhere."
			      : ", for everything that the kernel does for it: look elsewhere.");
	account_describe(subject, &text, finding);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_no_kernel_tax = {
	.id = "no-kernel-tax",
	.description = "the kernel works little for the program's memory: look elsewhere",
	.examine = examine,
};
