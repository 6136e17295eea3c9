/* SPDX-License-Identifier: MIT */
/*
 * Runtimes map their own heaps (V8, the JVM, Go, CPython's arenas, wasmtime's instances): settings of malloc do not
 * reach them.
 */
#include "explain/others.h"
#include "explain/rule.h"

static bool examine(const struct subject *subject, unsigned int way, struct finding *finding)
{
	static const struct others_words words = {
		.faults = "on memory of the runtime's own heap",
		.gone = "that the runtime had given away",
		.advice = "What sets that heap is the runtime's own; `madvisor identify` names it",
	};

	return way == 0 && others_examine(subject, OWNER_RUNTIME, &words, finding);
}

const struct rule rule_runtime_heap = {
	.id = "runtime-heap",
	.description = "the heap of the language's runtime gives memory back and takes it again",
	.examine = examine,
};
