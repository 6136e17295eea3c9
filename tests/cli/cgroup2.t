# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Control groups of version 2 without a memory controller, which version 1 holds, or which nobody delegated.
. "$(dirname "$0")/../lib/tap.sh"

# In a mount namespace of its own, the second time.
if [ "${1:-}" != inside ]; then
	unshare -m mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || skip_all "no mount namespace with cgroup2 (remedy: run as root)"
	exec unshare -m bash "$0" inside
fi
mount -t cgroup2 none /sys/fs/cgroup
if grep -qw memory /sys/fs/cgroup/cgroup.controllers; then
	skip_all "version 2 has the memory controller here: compare-figures.t is about that"
fi
run "$MADVISOR" doctor
like "doctor says that there is none" "$out" 'peak of all processes +not known: .*memory controller'
run "$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self --json "$tmp/r.json" -- sh -c '/bin/true; /bin/true'
is "compare runs without" "$status" 0
is "the peak of all is not known, that of the process is" "$(python3 -c 'import json, sys
runs = json.load(open(sys.argv[1]))["runs"]
print({r["metrics"]["peak_tree_bytes"] for r in runs}, all(2 ** 19 < r["metrics"]["peak_rss_bytes"] < 2 ** 23 for r in runs))' "$tmp/r.json")" "{None} True"
run "$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self --memory-max 60M -- \
	python3 -c 'block = bytearray(200 << 20); block[::4096] = b"x" * len(block[::4096]); import time; time.sleep(5)'
is "a program over its limit is stopped without a group" "$status" 3
like "for its memory" "$err" 'stopped: used more memory than 60'

group=/sys/fs/cgroup/madvisor-test-$$
if mkdir "$group"; then
	sleep 300 &
	pid=$!
	echo "$pid" >"$group/cgroup.procs"
	for name in "$group" "/madvisor-test-$$" "madvisor-test-$$"; do
		run "$MADVISOR" identify --cgroup "$name"
		like "--cgroup $name" "$out" "^ *$pid sleep: "
	done
	kill "$pid"
	wait "$pid" 2>/dev/null
	until rmdir "$group" 2>/dev/null; do sleep 0.02; done
fi
finish
