#!/bin/bash
# SPDX-License-Identifier: MIT
#
# However the observer ends, it leaves no BPF program and no map in the kernel, and no process; the program that it
# watched by PID lives on. $KILLS times (10; the release check takes 200) it is killed at a random moment.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
PATH=$PATH:/usr/sbin:/sbin
need bpftool
need_bpf_probe
kills=${KILLS:-10}

# The programs and maps in the kernel that are called as ours are, of whichever observer.
ours() {
	bpftool prog list |
		sed -nE 's/^([0-9]+): .* name on_(fork|exec|exit|call|user|kernel|fault|minor|major|wait|tlb).*/program \1/p'
	bpftool map list |
		sed -nE 's/^([0-9]+): .* name (threads|slots|free_slots|histograms|processes|spaces|chunks|chunk_indices|cgroups) .*/map \1/p'
}

# Those that a living observer holds which is not of this build: somebody else's, and none of this test's business.
held_elsewhere() {
	local file process
	for file in $(grep -lE '^(prog|map)_id:' /proc/[0-9]*/fdinfo/* 2>/dev/null); do
		process=${file%/fdinfo/*}
		[ "$(readlink "$process/exe")" = "$(readlink -f "$MADVISOR")" ] && continue
		sed -nE 's/^prog_id:[[:space:]]*/program /p; s/^map_id:[[:space:]]*/map /p' "$file" 2>/dev/null
	done
}

# Of what is there now nothing is there a while later: the kernel cleans up a moment after the last descriptor
# is closed. What another observer makes meanwhile has other numbers.
nothing_remains() {
	local attempt
	ours | sort >"$scratch/now"
	for attempt in $(seq 100); do
		ours | sort >"$scratch/later"
		comm -12 "$scratch/now" "$scratch/later" >"$scratch/remains"
		[ -s "$scratch/remains" ] || return 0
		held_elsewhere | sort >"$scratch/held"
		[ -n "$(comm -23 "$scratch/remains" "$scratch/held")" ] || return 0
		sleep 0.2
	done
	echo "after $attempt looks:"
	cat "$scratch/remains"
	return 1
}

# What runs that program, traced or stopped included.
running() {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname "$1" 2>/dev/null
}

gone() {
	local attempt
	for attempt in $(seq 100); do
		[ -z "$(running "$1")" ] && return
		sleep 0.05
	done
	echo "after $attempt looks: $(running "$1")"
	return 1
}

random_sleep() {
	sleep "$(awk -v r=$RANDOM 'BEGIN { printf "%.3f", r / 32768 * 1.2 }')"
}

# die_at_random STATE ARG...: madvisor with these arguments is killed at a random moment; whether it had come as far
# as the command STATE tells.
die_at_random() {
	local state=$1 pid
	shift
	"$MADVISOR" "$@" >/dev/null 2>&1 &
	pid=$!
	random_sleep
	[ -n "$("$state")" ] && reached=$((reached + 1))
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
}

storm=$scratch/storm-$$
running_storm() {
	running "$storm"
}

kill_while_running() {
	local i reached=0
	cp "$TARGETS/madvise-storm" "$storm"
	for i in $(seq "$kills"); do
		die_at_random running_storm explain --probe bpf -- "$storm" 2 2000000 4 /dev/null
	done
	echo "$reached" >"$scratch/reached"
	nothing_remains && gone "$storm"
}

kill_while_attached() {
	local i victim alive=0 reached=0
	sleep 1000 &
	victim=$!
	for i in $(seq "$kills"); do
		die_at_random ours explain --probe bpf -p "$victim" --duration 100
	done
	echo "$reached" >"$scratch/reached"
	[ "$(awk '$1 == "State:" { print $2 }' "/proc/$victim/status")" = S ] && alive=1
	kill "$victim"
	[ "$alive" -eq 1 ] && nothing_remains
}

seen() {
	local observer
	mkfifo "$scratch/in"
	"$TAX_RUN" -p $$ <"$scratch/in" >"$scratch/out" 2>&1 &
	observer=$!
	exec 5>"$scratch/in"
	until grep -q ready "$scratch/out"; do
		kill -0 $observer || return
		sleep 0.05
	done
	ours >"$scratch/now"
	exec 5>&-
	wait $observer
	cat "$scratch/now"
	grep -q program "$scratch/now" && grep -q map "$scratch/now"
}

ok 'this test would see what remains' seen
ok "$kills kills while a program runs" kill_while_running
echo "# it ran already in $(cat "$scratch/reached") of them"
ok "$kills kills while attached to a process, which lives on" kill_while_attached
echo "# programs and maps were there already in $(cat "$scratch/reached") of them"
done_testing
