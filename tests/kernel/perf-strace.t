#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The perf probe's counts of whole lives equal those of strace -f, call for call.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need strace
strace -o /dev/null true 2>/dev/null || skip_all 'strace may not trace here'
need_perf_probe

compare() {
	"$PROBE_RUN" perf "$@" >"$scratch/measured" || return
	strace_counts "$@" >"$scratch/expected" || return
	same "$scratch/measured" "$scratch/expected"
}

# Where the program allocates, a count of nothing at all would prove nothing.
compare_allocator() {
	compare "$TARGETS/heap-churn" || return
	[ "$(value "$scratch/measured" brk_calls)" -gt 100 ] || { echo 'too few calls of brk'; return 1; }
	[ "$(value "$scratch/measured" munmap_calls)" -gt 10 ] || { echo 'too few calls of munmap'; return 1; }
}

ok 'known calls, one thread' compare "$TARGETS/known-calls" -e "$scratch/ignored" -t 1 -n 300
ok 'known calls, 4 threads' compare "$TARGETS/known-calls" -e "$scratch/ignored" -t 4 -n 300
ok 'known calls, 2 threads and 5 children' compare "$TARGETS/known-calls" -e "$scratch/ignored" -t 2 -f 5 -n 100
ok 'the allocator of the C library' compare_allocator
ok 'a shell and what it starts' compare sh -c 'cat /etc/passwd | sort >/dev/null'
done_testing
