#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The perf probe counts exactly what a program says it causes in its measured phase: calls by kind and
# advice, and faults, with one thread, several, and children.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need_perf_probe

check_phase() {
	ok "exact in the phase: $*" run_phase "$@"
}

run_phase() {
	"$PROBE_RUN" -s perf "$TARGETS/known-calls" -s 4 -e "$scratch/expected" "$@" \
		>"$scratch/measured" || return
	same "$scratch/measured" "$scratch/expected"
}

run_life() {
	"$PROBE_RUN" perf "$TARGETS/known-calls" -e "$scratch/expected" "$@" >"$scratch/measured" ||
		return
	same "$scratch/measured" "$scratch/expected"
}

check_phase -t 1 -n 1000
check_phase -t 4 -n 1000
check_phase -t 1 -n 0
check_phase -t 1 -f 5 -n 100
check_phase -t 4 -f 5 -n 100
check_phase -t 64 -n 20
ok 'exact over the whole life, one thread' run_life -t 1 -n 500
ok 'exact over the whole life, threads and children' run_life -t 4 -f 4 -n 500
ok 'bytes and times, which counting cannot give, are unmeasured' unmeasured "$scratch/measured" \
	madvise_dontneed_bytes madvise_dontneed_ns mmap_bytes munmap_ns refaults fault_ns

"$PROBE_RUN" perf "$TARGETS/madvise-storm" 4 2000 8 "$scratch/expected" >"$scratch/measured"
faults=$(value "$scratch/expected" minor_faults)
ok 'a storm of 4 threads: calls' same "$scratch/measured" <(grep _calls "$scratch/expected")
ok 'a storm of 4 threads: faults, and few beside them' \
	between minor_faults "$faults" $((faults + 400)) "$scratch/measured"
done_testing
