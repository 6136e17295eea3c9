#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The perf probe's counts of whole lives equal those of strace -f, call for call.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need strace
strace -o /dev/null true 2>/dev/null || skip_all 'strace may not trace here'
need_perf_probe

# Counts as strace sees them. A call that another thread's interrupts is two lines, the first with "(".
strace_counts() {
	strace -f -qq -e trace=madvise,mmap,munmap,mremap,brk -e signal=none -o "$scratch/trace" "$@" \
		>/dev/null || return
	local name
	for name in mmap munmap mremap brk; do
		echo "${name}_calls $(grep -cE "^[0-9]+ +$name\(" "$scratch/trace")"
	done
	# The advice follows the last comma, at the line's end or before "<unfinished".
	echo "madvise_dontneed_calls $(grep -cE 'madvise\(.*, MADV_DONTNEED[) ]' "$scratch/trace")"
	echo "madvise_free_calls $(grep -cE 'madvise\(.*, MADV_FREE[) ]' "$scratch/trace")"
}

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
