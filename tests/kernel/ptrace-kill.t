#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Whenever the observer is killed, nothing of the program is left: no running and no stopped process, no
# tracer. KILLS=N in the environment tries N times, 15 by default.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need_probe ptrace
kills=${KILLS:-15}

# By a name of its own, so that it can be looked for.
target=$scratch/endless-$$
cp "$TARGETS/traced-life" "$target"

# The numbers of what runs the program, and of the tracer where one is given.
left() {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname "$target" 2>/dev/null
	[ -z "${1-}" ] || grep -lx madvisor-tracer "/proc/$1/comm" 2>/dev/null
}

# The tracer is a child of the runner.
tracer_of() {
	local pid children=()
	read -ra children <"/proc/$1/task/$1/children"
	for pid in "${children[@]}"; do
		grep -qx madvisor-tracer "/proc/$pid/comm" 2>/dev/null && echo "$pid"
	done
}

gone() {
	local i
	for ((i = 0; i < 200; i++)); do
		[ -z "$(left "$1")" ] && return
		sleep 0.01
	done
	echo "left: $(left "$1")"
	return 1
}

kill_at_random() {
	local i pid tracer seen=0
	for ((i = 0; i < kills; i++)); do
		"$MADVISOR" explain --probe ptrace -- "$target" endless >/dev/null 2>&1 &
		pid=$!
		sleep "0.$((RANDOM % 300 + 100))"
		tracer=$(tracer_of "$pid")
		[ -n "$(left)" ] && seen=$((seen + 1))
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		gone "$tracer" || return
	done
	echo "the program was running in $seen of $kills"
	[ "$seen" -gt $((kills / 4)) ]
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
	unmeasured "$scratch/measured" mmap_calls madvise_dontneed_calls brk_bytes && gone ""
}

ok 'nothing is left after SIGKILL, whenever it comes' kill_at_random
ok 'nor where the tracer is killed, and nothing is taken for measured' kill_tracer
done_testing
