#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The perf probe's counts of whole lives equal those of perf stat on the same tracepoints. perf needs a
# mounted tracefs: it gets one in a mount namespace of its own.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need perf
need unshare
unshare -m true 2>/dev/null || skip_all 'no mount namespace may be made here'
perf --version >/dev/null 2>&1 || skip_all 'perf does not run on this kernel'
need_perf_probe

perf_stat() {
	# shellcheck disable=SC2016
	unshare -m sh -c '[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
		exec "$@"' sh perf stat -x, -o "$scratch/stat" \
		-e syscalls:sys_enter_madvise --filter 'behavior == 4 || behavior == 24' \
		-e syscalls:sys_enter_madvise --filter 'behavior == 8' \
		-e syscalls:sys_enter_mmap -e syscalls:sys_enter_munmap \
		-e syscalls:sys_enter_mremap -e syscalls:sys_enter_brk -- "$@" >/dev/null 2>"$scratch/errors"
}

stat_counts() {
	local names=(madvise_dontneed_calls madvise_free_calls mmap_calls munmap_calls mremap_calls brk_calls)
	local count row=0
	while IFS=, read -r count _; do
		case $count in '' | '#'*) continue ;; esac
		echo "${names[row++]} $count"
	done <"$scratch/stat"
	[ "$row" -eq ${#names[@]} ]
}

compare() {
	perf_stat "$@" || { cat "$scratch/errors"; return 1; }
	stat_counts >"$scratch/expected" || return
	"$PROBE_RUN" perf "$@" >"$scratch/measured" || return
	same "$scratch/measured" "$scratch/expected"
}

ok 'known calls, one thread' compare "$TARGETS/known-calls" -e "$scratch/ignored" -t 1 -n 1000
ok 'known calls, 4 threads and 3 children' compare "$TARGETS/known-calls" -e "$scratch/ignored" -t 4 -f 3 -n 1000
ok 'the allocator of the C library' compare "$TARGETS/heap-churn"
done_testing
