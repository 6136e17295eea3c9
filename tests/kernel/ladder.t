#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The ladder where capabilities are taken away: the next rung, and what was lost.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need setpriv
need unshare
[ "$(id -u)" = 0 ] || skip_all 'only root can take capabilities away'
[ -e /sys/kernel/tracing/events ] && skip_all 'tracefs is mounted: its permissions are left alone'
need_perf_probe

# As a user who can read the built files, which may lie under a private folder.
unprivileged() {
	cp "$PROBE_RUN" "$TARGETS/known-calls" "$scratch/" && chmod 755 "$scratch" || return
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all "$@"
}

falls_to_ptrace() {
	unprivileged "$scratch/probe-run" auto "$scratch/known-calls" -e /dev/null -t 2 -n 100 >"$scratch/out" ||
		return
	cat "$scratch/out"
	[ "$(value "$scratch/out" probe)" = ptrace ] && [ "$(value "$scratch/out" exit)" = 0 ] &&
		grep -q '^lost .*no cheap counts of .*remedy: .*tracefs' "$scratch/out" || return
	"$scratch/known-calls" -b -e "$scratch/caused" -t 2 -n 100 || return
	same "$scratch/out" "$scratch/caused"
}

# Nobody can trace what is traced already.
falls_to_rusage() {
	unleaked unprivileged strace -f -o /dev/null "$scratch/probe-run" auto "$scratch/known-calls" -n 10 -e /dev/null \
		>"$scratch/out" || return
	cat "$scratch/out"
	[ "$(value "$scratch/out" probe)" = rusage ] && [ "$(value "$scratch/out" exit)" = 0 ] &&
		grep -q '^lost .*no counts and bytes of .*remedy: madvisor is being traced' "$scratch/out"
}

refuses() {
	local status=0
	unprivileged "$scratch/probe-run" perf true 2>"$scratch/out" || status=$?
	cat "$scratch/out"
	[ "$status" -eq 4 ] && grep -q '^error: the perf probe does not work here: ' "$scratch/out" &&
		grep -q '^hint: .*sudo' "$scratch/out"
}

# The remedy that the hint names, in a mount namespace of its own.
remedy_works() {
	cp "$PROBE_RUN" "$TARGETS/known-calls" "$scratch/" && chmod 777 "$scratch" || return
	# shellcheck disable=SC2016
	unshare -m sh -c '
		mount -t tracefs -o mode=750,gid=65534 tracefs /sys/kernel/tracing || exit 1
		setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all \
			"$1/probe-run" -s perf "$1/known-calls" -s 4 -t 2 -n 100 -e "$1/expected"
		status=$?
		mount -o remount,mode=700,gid=0 /sys/kernel/tracing
		exit $status' sh "$scratch" >"$scratch/measured" || return
	grep _calls "$scratch/expected" >"$scratch/calls"
	same "$scratch/measured" "$scratch/calls"
}

unknown_is_refused() {
	local status=0
	"$PROBE_RUN" prof true 2>"$scratch/out" || status=$?
	cat "$scratch/out"
	[ "$status" -eq 2 ] && grep -q '^hint: choose one of: auto, .*perf, ptrace, rusage' "$scratch/out"
}

ok 'auto takes the next rung, and names the loss and the remedy' falls_to_ptrace
if command -v strace >/dev/null; then
	ok 'auto takes the last rung where nothing else is left' falls_to_rusage
fi
ok 'an explicit probe that does not work is refused, with the remedy' refuses
ok 'the remedy helps: exact counts without privilege' remedy_works
ok 'an unknown probe is refused, with the known ones' unknown_is_refused
done_testing
