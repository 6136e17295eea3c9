#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The ptrace probe counts exactly, calls and bytes, what a program says it causes: in its measured phase
# and over its whole life, with one thread, several, and children; and what strace -f sees.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need_probe ptrace

run_phase() {
	"$PROBE_RUN" -s ptrace "$TARGETS/known-calls" -b -s 4 -e "$scratch/all" "$@" >"$scratch/measured" ||
		return
	# A tracer's own switches fault: faults are not what this probe is about.
	grep -v _faults "$scratch/all" >"$scratch/expected"
	same "$scratch/measured" "$scratch/expected"
}

run_life() {
	"$PROBE_RUN" ptrace "$TARGETS/known-calls" -b -e "$scratch/expected" "$@" >"$scratch/measured" || return
	same "$scratch/measured" "$scratch/expected"
}

run_target() {
	"$PROBE_RUN" -s ptrace "$@" "$scratch/expected" >"$scratch/measured" || return
	same "$scratch/measured" "$scratch/expected"
}

run_storm() {
	"$PROBE_RUN" ptrace "$TARGETS/madvise-storm" 4 2000 8 "$scratch/all" >"$scratch/measured" || return
	grep _calls "$scratch/all" >"$scratch/expected"
	same "$scratch/measured" "$scratch/expected"
}

compare_strace() {
	"$PROBE_RUN" ptrace "$@" >"$scratch/measured" || return
	strace_counts "$@" >"$scratch/expected" || return
	same "$scratch/measured" "$scratch/expected"
}

phase() {
	ok "exact in the phase: $*" run_phase "$@"
}

phase -t 1 -n 1000
phase -t 4 -n 500
phase -t 1 -n 0
phase -t 1 -f 5 -n 100
phase -t 4 -f 5 -n 100
phase -t 64 -n 20
ok 'exact over the whole life, one thread' run_life -t 1 -n 500
ok 'exact over the whole life, threads and children' run_life -t 4 -f 4 -n 300
ok 'a storm of 4 threads' run_storm
ok 'the break: one thread and a child' run_target "$TARGETS/move-break" 1 500
ok 'the break: 8 threads and a child' run_target "$TARGETS/move-break" 8 200
ok 'what a tracer cannot see is unmeasured' unmeasured "$scratch/measured" \
	madvise_dontneed_ns mmap_ns brk_ns refaults fault_ns tlb_flushes cpu_ns context_switches

status=0
"$PROBE_RUN" -s ptrace "$TARGETS/calls-32" 10 "$scratch/expected" >"$scratch/measured" || status=$?
case $(value "$scratch/measured" exit) in
77 | 139) echo '# no 32-bit calls on this kernel' ;;
*) ok 'calls by the 32-bit numbers' same "$scratch/measured" "$scratch/expected" ;;
esac

if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	ok 'as strace -f: one thread' compare_strace "$TARGETS/known-calls" -e "$scratch/ignored" -t 1 -n 300
	ok 'as strace -f: 4 threads' compare_strace "$TARGETS/known-calls" -e "$scratch/ignored" -t 4 -n 300
	ok 'as strace -f: 2 threads and 5 children' \
		compare_strace "$TARGETS/known-calls" -e "$scratch/ignored" -t 2 -f 5 -n 100
	ok 'as strace -f: the allocator of the C library' compare_strace "$TARGETS/heap-churn"
	ok 'as strace -f: a shell and what it starts' compare_strace sh -c 'cat /etc/passwd | sort >/dev/null'
else
	echo '# not compared with strace, which is not there or may not trace'
fi
done_testing
