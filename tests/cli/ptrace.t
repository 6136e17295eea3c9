# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# madvisor at the ptrace rung: what is measured and what is not, who uses it without privilege, and that
# what a program leaves running is killed and counted, the tracer spared.
. "$(dirname "$0")/../lib/tap.sh"

query()
{
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
seen = [x["metrics"] for x in r["runs"] if x["observed"]]
print(eval("(" + sys.argv[2] + ")"))' "$tmp/r.json" "$1"
}

run "$MADVISOR" bench churn/single --rounds 1 --contenders glibc --probe ptrace --json "$tmp/r.json"
[ "$status" = 4 ] && skip_all "$(tr '\n' ' ' <<<"$err")"
is "a shootout succeeds" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "the rung is recorded" "$(query 'r["command"]["probe"], {x["probe"] for x in r["runs"] if x["observed"]}')" \
	"('ptrace', {'ptrace'})"
is "calls and bytes are measured" "$(query 'all(m[k + s] is not None for m in seen for s in ("_calls", "_bytes")
	for k in ("madvise_dontneed", "madvise_free", "mmap", "munmap", "mremap", "brk"))')" True
is "times and refaults are not" "$(query 'any(m[k] is not None for m in seen for k in
	("madvise_dontneed_ns", "brk_ns", "fault_ns", "refaults", "tlb_flushes"))')" False

# How it ended, if not well, and how many it left running.
left()
{
	"$MADVISOR" explain --details --probe "$1" --ignore-failure -- sh -c "$2" 2>/dev/null |
		grep -oE 'left [0-9]+ process|exit status [0-9]+' | awk '!seen[$0]++' | tr '\n' ' '
}
if "$MADVISOR" --help | grep -q '^  explain'; then
	is "what is left running is killed, and counted once" \
		"$(left ptrace 'sleep 100 & setsid sleep 100 & exit 3')" 'exit status 3 left 2 process '
	is "... as without the tracer" \
		"$(left rusage 'sleep 100 & setsid sleep 100 & exit 3')" 'exit status 3 left 2 process '
	is "a program that leaves nothing" "$(left ptrace 'exit 0')" ''
fi

# Where bpf and perf are not to be had.
unprivileged()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set -all --inh-caps -all \
		env XDG_STATE_HOME="$tmp/nobody" "$@"
}
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null && unprivileged test -x "$MADVISOR" &&
	[ ! -e /sys/kernel/tracing/events ]; then
	mkdir "$tmp/nobody" && chmod 755 "$tmp" && chown 65534 "$tmp/nobody"
	run unprivileged "$MADVISOR" bench churn/single --rounds 1 --contenders glibc --json "$tmp/nobody/r.json"
	cp "$tmp/nobody/r.json" "$tmp/r.json"
	is "without privilege auto takes it" "$status $(query 'r["command"]["probe"]')" '0 ptrace'
	like "... and says what was lost, and how to get it" "$(query 'r["command"]["probe_lost"]')" \
		'no time of .*because bpf does not work here.*remedy: .*no cheap counts of .*because perf .*remedy: '
	is "... and counts" "$(query 'all(m["mmap_calls"] is not None for m in seen)')" True
fi
finish
