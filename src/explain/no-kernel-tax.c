/* SPDX-License-Identifier: MIT */
/* The account of a program whose trouble, if it has any, is somewhere else. */
#include "base/units.h"
#include "explain/account.h"
#include "explain/rule.h"

/* What a process costs to start and end is a large part of less. */
#define SHORT_NS (20.0 * NS_PER_MS)

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	double pct = account_pct(subject);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (way > 0 || !(pct < NO_TAX_PCT))
		return false;
	if (subject->timed)
		strbuf_addf(
			&text,
			"No kernel tax: this program spends %.1f%% of its CPU time in the kernel on "
			"behalf of its memory. No setting of how its allocator deals with the kernel can "
			"gain more: look elsewhere.",
			pct);
	else
		strbuf_addf(
			&text,
			"No kernel tax: the kernel took %.1f%% of the program's CPU time for "
			"everything it does, so its memory is not what it waits for: look elsewhere.",
			pct);
	if (subject->cpu_ns < SHORT_NS) {
		strbuf_addstr(&text, " It ran for ");
		format_ns(&text, subject->cpu_ns);
		strbuf_addstr(&text, " of CPU time only: too short to say much.");
	}
	account_describe(subject, &text, finding);
	finding->text = strbuf_detach(&text);
	return true;
}

const struct rule rule_no_kernel_tax = {
	.id = "no-kernel-tax",
	.description = "the kernel works little on behalf of the program's memory: look elsewhere",
	.examine = examine,
};
