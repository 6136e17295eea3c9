/* SPDX-License-Identifier: MIT */
/*
 * cmd/explain-others: other allocators as candidates of `madvisor explain --verify`, beside settings of the program's own. A
 * part of cmd/explain.
 */
#ifndef MADVISOR_CMD_EXPLAIN_OTHERS_H
#define MADVISOR_CMD_EXPLAIN_OTHERS_H

#include <stddef.h>

#include "cmd/explain-options.h"

/*
 * Where a finding blames the program's allocator, and its calls can be replaced: adds the two likeliest others that this
 * machine has, each as a contender and as a finding ("another-allocator") whose setting is LD_PRELOAD; and the C library's
 * own, where another is preloaded around the command. Where the command itself preloads one, a note says that. Returns the
 * contenders of all findings: *verified, with theirs appended. Takes over verified; the caller frees what it returns.
 */
size_t *explain_others_add(struct explain_options *explain, size_t *verified)
	__attribute__((nonnull, returns_nonnull, warn_unused_result));

#endif
