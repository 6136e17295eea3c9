#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The bpf probe's counts of whole lives equal those of strace -f, call for call, and those of the perf probe.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need strace
strace -o /dev/null true 2>/dev/null || skip_all 'strace may not trace here'
need_bpf_probe

# Counts as strace sees them. A call that another thread's interrupts is two lines, the first with "(".
strace_counts() {
	strace -f -qq -e trace=madvise,mmap,munmap,mremap,brk,mprotect -e signal=none -o "$scratch/trace" "$@" \
		>/dev/null || return
	local name
	for name in mmap munmap mremap brk mprotect; do
		echo "${name}_calls $(grep -cE "^[0-9]+ +$name\(" "$scratch/trace")"
	done
	# The advice follows the last comma, at the line's end or before "<unfinished".
	# Versions of strace that do not know MADV_DONTNEED_LOCKED print its number.
	echo "madvise_dontneed_calls $(grep -cE 'madvise\(.*, (MADV_DONTNEED|MADV_DONTNEED_LOCKED|0x18)[) ]' "$scratch/trace")"
	echo "madvise_free_calls $(grep -cE 'madvise\(.*, MADV_FREE[) ]' "$scratch/trace")"
}

equals_strace() {
	"$PROBE_RUN" bpf "$@" >"$scratch/measured" || return
	strace_counts "$@" >"$scratch/expected" || return
	as_expected "$scratch/measured" "$scratch/expected"
}

equals_perf() {
	"$PROBE_RUN" perf "$@" >"$scratch/perf" || return
	grep _calls "$scratch/perf" >"$scratch/expected" || { echo 'the perf probe counts nothing'; return 1; }
	"$PROBE_RUN" bpf "$@" >"$scratch/measured" || return
	as_expected "$scratch/measured" "$scratch/expected"
}

for how in equals_strace equals_perf; do
	ok "$how: known calls, one thread" unless_lost $how "$TARGETS/known-calls" -e "$scratch/ignored" -t 1 -n 300
	ok "$how: known calls, 2 threads and 5 children" unless_lost $how "$TARGETS/known-calls" -e "$scratch/ignored" -t 2 -f 5 -n 100
	ok "$how: the allocator of the C library" unless_lost $how "$TARGETS/heap-churn"
	ok "$how: a shell and what it starts" unless_lost $how sh -c 'cat /etc/passwd | sort >/dev/null'
done
done_testing
