#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The bpf probe counts exactly what a program says it causes: calls by kind and advice, and each page fault with
# the reason for it, to the page, with one thread and with four.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe

calls() {
	"$PROBE_RUN" -s bpf "$TARGETS/known-calls" -s 4 -e "$scratch/expected" "$@" \
		>"$scratch/measured" || return
	as_expected "$scratch/measured" "$scratch/expected"
}

# Page counts that fill words of eight, and that do not.
faults() {
	"$PROBE_RUN" -s bpf "$TARGETS/known-faults" -s 4 -e "$scratch/expected" "$@" \
		>"$scratch/measured" || return
	[ "$(value "$scratch/measured" exit)" = 77 ] && { echo 'this kernel does not do that'; return; }
	as_expected "$scratch/measured" "$scratch/expected"
}

ok 'calls, 1 thread' unless_lost calls -t 1 -n 1000
ok 'calls, 4 threads' unless_lost calls -t 4 -n 1000
ok 'calls, 4 threads and 5 children' unless_lost calls -t 4 -f 5 -n 100
ok 'calls, none' unless_lost calls -n 0

for scenario in dontneed munmap overmap shrink move populate lock zero free reclaim huge; do
	ok "$scenario, 1 thread" unless_lost faults -t 1 -n 100 -p 100 "$scenario"
	ok "$scenario, 4 threads" unless_lost faults -t 4 -n 100 -p 100 "$scenario"
done
for scenario in brk fork vfork; do
	ok "$scenario" unless_lost faults -n 50 -p 100 "$scenario"
done
ok 'a page at a time, 4 threads' unless_lost faults -t 4 -n 2000 -p 1 dontneed
ok 'several chunks, 4 threads' unless_lost faults -t 4 -n 10 -p 2500 dontneed
ok 'several chunks moved' unless_lost faults -n 10 -p 2500 move
ok 'several chunks unmapped' unless_lost faults -n 10 -p 2500 munmap

"$PROBE_RUN" -s bpf "$TARGETS/known-calls" -s 4 -e /dev/null -t 1 -n 1000 >"$scratch/measured"
page=$(getconf PAGESIZE)
ok 'bytes are those the calls name' between madvise_dontneed_bytes $((9000 * page)) $((9000 * page)) "$scratch/measured"
ok '... of munmap' between munmap_bytes $((2000 * page)) $((2000 * page)) "$scratch/measured"
ok 'CPU time of calls lies within that of the kernel' \
	between madvise_dontneed_ns 100000 "$(value "$scratch/measured" cpu_ns)" "$scratch/measured"
ok 'time in faults is measured' between fault_ns 100000 "$(value "$scratch/measured" cpu_ns)" "$scratch/measured"
# Unknown where no class of faults has two samples; 0 where those that it has agree to their resolution.
error_is_plausible() {
	emulated || unmeasured "$scratch/measured" fault_error_ns >/dev/null ||
		between fault_error_ns 0 "$(value "$scratch/measured" fault_ns)" "$scratch/measured"
}
ok 'and its error' error_is_plausible
done_testing
