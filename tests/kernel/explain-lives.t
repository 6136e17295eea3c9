#!/bin/bash
# SPDX-License-Identifier: MIT
#
# madvisor explain of programs that live in odd ways, under each rung that follows them: the report is of all that they
# did, and the exit status says how they ended.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need python3

field() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
r = d["runs"][0]
m = r["metrics"]
print(eval(sys.argv[2]))' "$scratch/e.json" "$1"
}

# explains STATUS OWN PURGES COMMAND...: madvisor ends with STATUS; the command ended with OWN, and called
# madvise(MADV_DONTNEED) PURGES times, or in the range LOW-HIGH.
explains() {
	unless_lost explains_once "$@"
}

explains_once() {
	local wanted=$1 own=$2 low=${3%-*} high=${3#*-} status=0 calls
	shift 3
	"$MADVISOR" explain --probe "$rung" --json "$scratch/e.json" "${options[@]}" -- "$@" >"$scratch/out" 2>"$scratch/errors" ||
		status=$?
	[ "$status" = "$wanted" ] || { echo "exit status $status"; cat "$scratch/out" "$scratch/errors"; return 1; }
	calls=$(field 'm["madvise_dontneed_calls"]')
	[ "$(field 'm["observer_losses"] or 0')" = 0 ] || { echo 'events were lost'; return 2; }
	echo "probe, exit status, purges: $(field '(r["probe"], r["exit_status"])') $calls"
	[ "$(field '(r["probe"], r["exit_status"])')" = "('$rung', $own)" ] && [ "$calls" -ge "$low" ] &&
		[ "$calls" -le "$high" ] && [ "$(field 'm["minor_faults"] > 0')" = True ]
}

says() {
	grep -qE "$1" "$scratch/out" || { cat "$scratch/out"; return 1; }
}

# Its own privilege, without madvisor's.
setuid_target() {
	cp "$(command -v id)" "$scratch/id" && chmod 755 "$scratch" && chmod 4755 "$scratch/id" &&
		[ "$(setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all "$scratch/id" -u)" = 0 ]
}

options=()
works=0
for rung in bpf ptrace; do
	"$PROBE_RUN" "$rung" true >/dev/null 2>&1 || continue
	works=$((works + 1))
	life=$TARGETS/traced-life
	ok "$rung: vfork, and exec in its children" explains 0 0 0 "$life" vfork
	ok "$rung: 500 threads" explains 0 0 10000-11000 "$life" threads
	ok "$rung: 1,000 children" explains 0 0 1000 "$life" children
	ok "$rung: death by SIGSEGV" explains 3 139 1 "$life" segv
	ok '... is said' says 'killed by signal 11'
	ok "$rung: exit at once" explains 3 3 0 "$life" exit
	ok '... is said' says 'ended with exit status 3'
	ok "$rung: a first thread that ends before the others" explains 3 6 1 "$life" leader-ends
	if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && setuid_target; then
		options=(--user nobody --show-output)
		ok "$rung: exec of a set-user-ID program" explains 0 0 0 sh -c "exec '$scratch/id' -u"
		options=()
		if [ "$rung" = ptrace ]; then
			ok '... loses its privilege, which is said' says 'without the privilege that its file asks for'
		else
			ok '... keeps its privilege' says '^0$'
		fi
	fi
done
[ "$works" -gt 0 ] || skip_all 'neither the bpf probe nor the ptrace probe works here'
done_testing
