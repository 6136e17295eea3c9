#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The bpf probe's time in faults: within what it must be by the CPU time of a program that does little else, for
# short runs and for long ones, of which it sees windows of time only.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe

# storm THREADS ROUNDS PAGES: faults, and hardly any calls.
storm() {
	"$TAX_RUN" "$TARGETS/madvise-storm" "$1" "$2" "$3" /dev/null >"$scratch/measured"
}

# What is left of the CPU time without the calls is faults, the way into and out of the kernel, and little else. The
# error is that of a mean: three times half its 95% interval is as good as never passed.
plausible() {
	local fault error cpu calls
	storm "$@" || return
	fault=$(value "$scratch/measured" fault_ns)
	error=$(value "$scratch/measured" fault_error_ns)
	cpu=$(($(value "$scratch/measured" cpu_us) * 1000))
	calls=$(value "$scratch/measured" madvise_dontneed_ns)
	grep -E '^(cpu_us|fault_ns|fault_error_ns|madvise_dontneed_ns|timed_)' "$scratch/measured"
	[ "$fault" -gt 0 ] && [ "$error" -gt 0 ] && [ "$fault" -le "$cpu" ] &&
		[ $((fault + 3 * error)) -ge $(((cpu - calls) / 3)) ]
}

weighed() {
	[ "$(value "$scratch/measured" timed_squared_weights)" -gt "$(value "$scratch/measured" timed_weights)" ]
}

nothing_timed() {
	"$TAX_RUN" -k 0 "$TARGETS/madvise-storm" 1 100 100 /dev/null >"$scratch/measured" &&
		[ "$(value "$scratch/measured" refaults_dontneed)" -gt 0 ] &&
		unmeasured "$scratch/measured" fault_ns fault_error_ns
}

ok 'a short run' plausible 1 40 250
ok '... with 4 threads' plausible 4 40 250
ok 'a long run' plausible 1 5000 250
ok '... is seen in windows, which weigh as much as they stand for' weighed
ok '... with 4 threads' plausible 4 500 250
ok 'unmeasured where nothing is to be timed' nothing_timed
done_testing
