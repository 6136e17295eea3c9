#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Whenever the observer is killed, nothing of the program is left: no running and no stopped process, no
# tracer. KILLS=N in the environment tries N times, 15 by default.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
: "${KILLS:=15}"
# shellcheck source=tests/kernel/kills.sh
. "$(dirname "$0")/kills.sh"
need_probe ptrace

# By a name of its own, so that it can be looked for.
target=$scratch/endless-$$
cp "$TARGETS/traced-life" "$target"

runs_target() {
	runs_below "$1" "$target"
}

# The tracer is the observer's own program.
nobody_runs() {
	gone "$target" "$observer"
}

# The tracer is a child of the runner.
tracer_of() {
	local pid children=()
	read -ra children <"/proc/$1/task/$1/children"
	for pid in "${children[@]}"; do
		grep -qx madvisor-tracer "/proc/$pid/comm" 2>/dev/null && echo "$pid"
	done
}

kill_at_random() {
	killed runs_target nobody_runs explain --probe ptrace -- "$target" endless
}

# The tracer alone dies: so does the program, and nothing is counted.
kill_tracer() {
	local tracer runner
	"$PROBE_RUN" ptrace "$target" endless >"$scratch/measured" 2>&1 &
	runner=$!
	sleep 0.3
	tracer=$(tracer_of "$runner")
	[ -n "$tracer" ] || { echo 'there is no tracer'; return 1; }
	kill -KILL "$tracer"
	wait "$runner"
	cat "$scratch/measured"
	[ "$(value "$scratch/measured" exit)" = 137 ] || return
	grep -q '^note the tracer was killed' "$scratch/measured" || return
	unmeasured "$scratch/measured" mmap_calls madvise_dontneed_calls brk_bytes && gone "$target"
}

ok 'nothing is left after SIGKILL, whenever it comes' kill_at_random
echo "# before and after the program ran: $(cat "$scratch/killed")"
ok 'nor where the tracer is killed, and nothing is taken for measured' kill_tracer
done_testing
