#!/bin/bash
# SPDX-License-Identifier: MIT
#
# However the observer ends, it leaves no BPF program and no map in the kernel, and the program it watched by PID
# lives on. $KILLS times (10; the release check takes 200) it is killed at a random moment.
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

# Of what is there now nothing is there a while later: the kernel cleans up a moment after the last descriptor
# is closed. What another observer makes meanwhile has other numbers.
nothing_remains() {
	local attempt
	ours | sort >"$scratch/now"
	for attempt in $(seq 100); do
		ours | sort >"$scratch/later"
		comm -12 "$scratch/now" "$scratch/later" >"$scratch/remains"
		[ -s "$scratch/remains" ] || return 0
		sleep 0.2
	done
	echo "after $attempt looks:"
	cat "$scratch/remains"
	return 1
}

random_sleep() {
	sleep "$(awk -v r=$RANDOM 'BEGIN { printf "%.3f", r / 32768 * 0.8 }')"
}

kill_while_running() {
	local i
	for i in $(seq "$kills"); do
		"$PROBE_RUN" bpf "$TARGETS/madvise-storm" 2 2000 4 /dev/null >/dev/null 2>&1 &
		random_sleep
		kill -KILL $! 2>/dev/null
		wait $! 2>/dev/null
	done
	nothing_remains
}

kill_while_attached() {
	local i victim alive=0
	# What it reads never ends: it would watch for ever.
	mkfifo "$scratch/held"
	exec 6<>"$scratch/held"
	sleep 1000 6>&- &
	victim=$!
	for i in $(seq "$kills"); do
		"$TAX_RUN" -p "$victim" <&6 >/dev/null 2>&1 6>&- &
		random_sleep
		kill -KILL $! 2>/dev/null
		wait $! 2>/dev/null
	done
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
ok "$kills kills while attached to a process, which lives on" kill_while_attached
done_testing
