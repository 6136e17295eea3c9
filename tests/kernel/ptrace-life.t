#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A program under the ptrace probe sees, says and ends as without it: signals, job control, vfork, exec by
# a thread, hundreds of threads, deaths. Where it must not, the probe says so.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need_probe ptrace

# The output and the exit status of a life, with and without.
alike() {
	local status=0
	timeout 60 "$TARGETS/traced-life" "$@" >"$scratch/without" 2>/dev/null || status=$?
	timeout 100 "$PROBE_RUN" ptrace "$TARGETS/traced-life" "$@" >"$scratch/all" || return
	sed '/^probe ptrace$/,$d' "$scratch/all" >"$scratch/with"
	sed -n '/^probe ptrace$/,$p' "$scratch/all" >"$scratch/measured"
	diff "$scratch/without" "$scratch/with" || return
	[ "$(value "$scratch/measured" exit)" = "$status" ] && return
	echo "exit status $(value "$scratch/measured" exit), $status without the probe"
	return 1
}

# Each turn of a life purges once; how many turns there were is known.
purges() {
	local measured
	measured=$(value "$scratch/measured" madvise_dontneed_calls)
	[ "$measured" = "$1" ] && return
	echo "$measured purges, $1 expected"
	return 1
}

says() {
	grep -q "^note .*$1" "$scratch/measured" && return
	cat "$scratch/measured"
	return 1
}

says_nothing() {
	[ -z "$(value "$scratch/measured" note)" ]
}

ok 'SIGSTOP and SIGCONT, as a shell sees them' alike stop
ok 'SIGTSTP' alike tstp
ok 'handlers, what they are told, interrupted calls, own SIGTRAP' alike signals
ok 'death by each signal' alike deaths
ok 'vfork' alike vfork
ok 'exec by a thread that is not the first' alike exec-thread
ok 'the first thread ends before the others' alike leader-ends
ok 'death by SIGSEGV' alike segv
ok '... is counted to its end' purges 1
ok 'exit at once' alike exit
ok '500 threads' alike threads
ok '1000 children' alike children
ok '... are all counted' purges 1000
ok 'nothing is noted where nothing was different' says_nothing

"$PROBE_RUN" ptrace "$TARGETS/traced-life" ptrace >"$scratch/measured"
ok 'a program that traces cannot, and the probe says so' says 'used ptrace itself'

setuid() {
	local status=0
	cp "$PROBE_RUN" "$(command -v id)" "$scratch/" && chmod 755 "$scratch" && chmod u+s "$scratch/id" || return
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
		"$scratch/probe-run" ptrace "$scratch/id" -u >"$scratch/measured" || return
	[ "$(head -1 "$scratch/measured")" = 65534 ] || { echo 'it got its privilege'; return 1; }
	says "without the privilege .*$scratch/id"
}
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	ok 'a set-user-ID program runs without its privilege, and the probe says so' setuid
fi
done_testing
