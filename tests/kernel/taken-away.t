#!/bin/bash
# SPDX-License-Identifier: MIT
#
# madvisor where something that a rung needs is taken away: it takes the next rung, measures under it, and says for each
# rung above in one sentence what is lost, why, and the remedy.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need python3
need setpriv
need unshare
[ "$(id -u)" = 0 ] || skip_all 'only root can take capabilities away'
need_probe bpf
need_probe perf
need_probe ptrace
unshare -m true 2>/dev/null || skip_all 'no mount namespace can be made here'
deny=$TARGETS/deny

field() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
c, r = d["command"], d["runs"][0]
print(eval(sys.argv[2]))' "$scratch/e.json" "$1"
}

# takes RUNG LOSSES REGEX COMMAND...: madvisor, run by the command, takes that rung and measures; it says of so many rungs
# that they do not work, each with a remedy, in words that match.
takes() {
	local rung=$1 losses=$2 regex=$3 lost
	shift 3
	"$@" "$MADVISOR" explain --quiet --json "$scratch/e.json" -- "$TARGETS/known-calls" -n 10 -e /dev/null \
		>"$scratch/out" 2>&1 || { echo "exit status $?"; cat "$scratch/out"; return 1; }
	if [ -s "$scratch/out" ]; then
		echo 'it says something beside its report:'
		cat "$scratch/out"
		return 1
	fi
	lost=$(field 'c["probe_lost"] or ""')
	echo "rung $(field '(c["probe"], r["probe"], r["exit_status"])')"
	echo "$lost"
	[ "$(field '(c["probe"], r["probe"], r["exit_status"])')" = "('$rung', '$rung', 0)" ] &&
		[ "$(grep -o ', because [a-z]* does not work here: ' <<<"$lost" | wc -l)" = "$losses" ] &&
		[ "$(grep -oF '(remedy: ' <<<"$lost" | wc -l)" = "$losses" ] &&
		grep -qE "$regex" <<<"$lost"
}

# Commands with another view of the file system: $1 is run in it, then the rest.
in_view() {
	local change=$1
	shift
	unshare -m sh -c "$change"' || exit 99; exec "$@"' sh "$@"
}
hide_btf='mount -t tmpfs none /sys/kernel/btf'
# Nothing mounted where it belongs; `deny fsopen` refuses to mount it anywhere else.
hide_tracefs='mount -t tmpfs none /sys/kernel/tracing && { [ ! -d /sys/kernel/debug ] || mount -t tmpfs none /sys/kernel/debug; }'
show_tracefs='{ [ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing; }'

without_cap_bpf() {
	in_view "$show_tracefs" setpriv --bounding-set -bpf,-sys_admin --inh-caps -all "$@"
}
without_btf() {
	in_view "$hide_btf" "$@"
}
without_btf_and_perf() {
	in_view "$hide_btf" "$deny" perf_event_open "$@"
}
without_bpf_and_tracefs() {
	in_view "$hide_tracefs" "$deny" bpf,fsopen "$@"
}
without_tracefs() {
	in_view "$hide_tracefs" "$deny" fsopen "$@"
}
unprivileged() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all "$@"
}

ok 'with everything: bpf, and nothing is lost' takes bpf 0 '^$' env
ok 'bpf(2) denied, as by a container: perf' \
	takes perf 1 'may not|not permitted.*remedy: .*--cap-add BPF' "$deny" bpf
ok 'no CAP_BPF: perf' takes perf 1 'Operation not permitted \(remedy: ' without_cap_bpf
ok 'no BTF: perf' takes perf 1 '/sys/kernel/btf/vmlinux \(remedy: ' without_btf
ok 'no tracefs: bpf does not need it' takes bpf 0 '^$' without_tracefs
ok 'no bpf(2), no tracefs: ptrace' takes ptrace 2 'tracefs is not mounted.*remedy: sudo mount -t tracefs' \
	without_bpf_and_tracefs
ok 'no BTF, perf_event_open(2) denied: ptrace' takes ptrace 2 'perf does not work here: .*remedy: ' \
	without_btf_and_perf
ok 'neither of them, nor ptrace(2): rusage' takes rusage 3 'ptrace does not work here: .*remedy: ' \
	unleaked "$deny" bpf,perf_event_open,ptrace
ok 'a PID namespace: bpf, which translates its numbers' takes bpf 0 '^$' unshare --pid --fork --mount-proc

# The programs counted, and nobody may ask them: a note says why there are no figures. notes_unread KEY COMMAND...
notes_unread() {
	local key=$1
	shift
	"$deny" bpf-lookup "$MADVISOR" "$@" >"$scratch/out" 2>&1 || { echo "exit status $?"; cat "$scratch/out"; return 1; }
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
runs = [r for r in d["runs"] if r["observed"]]
print(d["notes"], [(r["probe"], r["metrics"][sys.argv[2]]) for r in runs])
sys.exit(not (runs and all(r["probe"] == "bpf" and r["metrics"][sys.argv[2]] is None for r in runs) and
	any("could not be read from the kernel: Operation not permitted" in n for n in d["notes"])))' \
		"$scratch/e.json" "$key"
}
ok 'what was counted cannot be read: null, and explain says why' notes_unread refaults \
	explain --probe bpf --quiet --json "$scratch/e.json" -- "$TARGETS/known-calls" -n 10 -e /dev/null
ok '... and so does bench' notes_unread refaults \
	bench churn/single --rounds 1 --contenders glibc --probe bpf --quiet --json "$scratch/e.json"

# Nobody in particular, with nothing but a program to look at.
cp "$MADVISOR" "$(dirname "$MADVISOR")/madvisor-launcher" "$TARGETS/known-calls" "$scratch/" && chmod 755 "$scratch"
explains_unprivileged() {
	local status=0
	mkdir -p "$scratch/nobody" && chown 65534 "$scratch/nobody"
	XDG_STATE_HOME=$scratch/nobody unprivileged "$scratch/madvisor" explain --json "$scratch/nobody/e.json" -- \
		"$scratch/known-calls" -n 3000 -t 2 -e /dev/null >"$scratch/out" 2>"$scratch/errors" || status=$?
	cat "$scratch/out" "$scratch/errors"
	cp "$scratch/nobody/e.json" "$scratch/e.json"
	[ "$status" = 0 ] && [ "$(field '(c["probe"], r["probe"])')" = "('ptrace', 'ptrace')" ]
}
if unprivileged test -x "$scratch/madvisor" && [ ! -e /sys/kernel/tracing/events ]; then
	ok 'an unprivileged user: ptrace' explains_unprivileged
	ok '... counts' test "$(field 'r["metrics"]["madvise_dontneed_calls"] > 0')" = True
	tr -s ' \n' ' ' <"$scratch/out" >"$scratch/line"
	ok '... says what it does not see' grep -q 'the ptrace probe does not see whose doing this is' "$scratch/line"
	ok '... and how to see it' grep -q 'sudo madvisor does' "$scratch/line"
	"$MADVISOR" report --details "$scratch/e.json" >"$scratch/out"
	ok '... and why' grep -qE 'probe .*no time of memory' "$scratch/out"
fi
done_testing
