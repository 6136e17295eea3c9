/* SPDX-License-Identifier: MIT */
/* The account of a program that spends its time in the kernel for its allocator, or may. */
#include "explain/account.h"
#include "explain/finding.h"
#include "explain/locks.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double pct = account_pct(subject);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 ||
	    !(pct >= NO_TAX_PCT || subject->wait_pct >= LOCK_PCT || locks_are_costly(subject)))
		return false;
	strbuf_addstr(&text, "This program spends ");
	say_pct(&text, pct);
	strbuf_addstr(&text, " of its CPU time in the kernel");
	if (subject->timed) {
		account_say_whose(subject, &text);
		strbuf_addch(&text, '.');
	} else if (subject->classified)
		strbuf_addstr(&text,
			      ". How much of that is on behalf of its allocator is not known: "
			      "faults are timed by sampling, and it had too few.");
	else
		strbuf_addstr(
			&text,
			". How much of that is on behalf of its allocator, this probe does not "
			"see: at most all of it. The bpf probe does: run this as root, or see "
			"`madvisor doctor`.");
	if (locks_are_costly(subject)) {
		strbuf_addch(&text, ' ');
		say_metric(&text, subject, METRIC_ALLOCATOR_LOCK_NS);
		strbuf_addstr(&text, " of that in locks of its allocator (futex), where its "
				     "threads also waited ");
		say_metric(&text, subject, METRIC_ALLOCATOR_LOCK_WAIT_NS);
		strbuf_addch(&text, '.');
	}
	account_describe(subject, &text, finding);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_kernel_tax = {
	.id = "kernel-tax",
	.description = "the kernel works much for the program's memory",
	.examine = examine,
};
