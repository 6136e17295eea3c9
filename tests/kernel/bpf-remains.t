#!/bin/bash
# SPDX-License-Identifier: MIT
#
# However the observer ends, it leaves no BPF program and no map in the kernel, and no process; the program that it
# watched by PID lives on. $KILLS times each (10) it is killed at a random moment, before and after it has attached.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
# shellcheck source=tests/kernel/kills.sh
. "$(dirname "$0")/kills.sh"
PATH=$PATH:/usr/sbin:/sbin
need bpftool
need_bpf_probe

names='on_(fork|exec|exit|call|user|kernel|fault|minor|major|wait|tlb)[a-z_]*'
names+='|threads|cpus|slots|free_slots|histograms|processes|spaces|chunks|chunk_indices|free_chunks'
names+='|stack_desks|stacks|cgroups|blank|tax_bpf\.[a-z]+'

# The programs and maps in the kernel that are called as ours are, of whichever observer.
ours() {
	bpftool prog list | sed -nE "s/^([0-9]+): .* name ($names) .*/program \1/p"
	bpftool map list | sed -nE "s/^([0-9]+): .* name ($names) .*/map \1/p"
}

# Those that a process holds.
held() {
	sed -nE 's/^prog_id:[[:space:]]*/program /p; s/^map_id:[[:space:]]*/map /p' "/proc/$1/fdinfo/"* 2>/dev/null
}

# What a living process holds which is not our observer is somebody else's, and none of this test's business.
held_elsewhere() {
	local process
	for process in /proc/[0-9]*; do
		[ "$process/exe" -ef "$observer" ] || held "${process#/proc/}"
	done
}

# Of what came into being since this test began and is there now, nothing is there a while later: the kernel cleans
# up a moment after the last descriptor is closed. What another observer makes meanwhile has other numbers.
nothing_remains() {
	local attempt
	ours | sort | comm -23 - "$scratch/before" >"$scratch/now"
	for attempt in $(seq 100); do
		ours | sort | comm -12 "$scratch/now" - >"$scratch/remains"
		[ -s "$scratch/remains" ] || return 0
		held_elsewhere | sort | comm -23 "$scratch/remains" - >"$scratch/left"
		[ -s "$scratch/left" ] || return 0
		sleep 0.2
	done
	echo "after $attempt looks:"
	cat "$scratch/left"
	return 1
}

# Nothing runs the program or its observer.
nobody_runs() {
	gone "$storm" "$observer"
}

storm=$scratch/storm-$$
runs_storm() {
	runs_below "$1" "$storm"
}

kill_while_running() {
	local status=0
	cp "$TARGETS/madvise-storm" "$storm"
	killed runs_storm nobody_runs explain --probe bpf -- "$storm" 2 1000000000 4 /dev/null || status=1
	nothing_remains || status=1
	find_and_kill "$storm"
	return "$status"
}

find_and_kill() {
	local process
	for process in $(running "$1"); do
		process=${process%/exe}
		kill -KILL "${process#/proc/}"
	done
}

# It watches the process where it holds it and has programs attached: before that it attaches some to try them.
is_attached() {
	grep -qsE "^Pid:[[:space:]]+$victim\$" "/proc/$1/fdinfo/"* && grep -qs '^link_id:' "/proc/$1/fdinfo/"*
}

victim_lives() {
	local state
	state=$(awk '$1 == "State:" { print $2 }' "/proc/$victim/status")
	[ "$state" = S ] || { echo "the process is in state '$state'"; return 1; }
	gone "$observer"
}

kill_while_attached() {
	local victim status=0
	sleep 10000 &
	victim=$!
	killed is_attached victim_lives explain --probe bpf -p "$victim" --duration 1000 || status=1
	nothing_remains || status=1
	kill "$victim"
	return "$status"
}

has_a_row() {
	[ -n "$(find "$XDG_STATE_HOME" -name '*.jsonl' 2>/dev/null)" ]
}

# Every row that was written to its end is in the result that is made of them.
nothing_is_lost() {
	local journal rows
	gone "$churn" "$observer" || return
	journal=$(find "$XDG_STATE_HOME" -name '*.jsonl' 2>/dev/null)
	[ -n "$journal" ] || return 0
	rows=$(grep -c '^{"run": .*}$' "$journal")
	"$MADVISOR" report --recover --csv "$scratch/csv" >/dev/null 2>"$scratch/recovered" || {
		cat "$scratch/recovered"
		return 1
	}
	grep -qE "note: $rows rows? " "$scratch/recovered" || {
		echo "there were $rows, but:"
		cat "$scratch/recovered"
		return 1
	}
	! has_a_row
}

kill_while_verifying() {
	local status=0
	cp "$TARGETS/heap-churn" "$churn"
	killed has_a_row nothing_is_lost explain --verify --probe bpf --rounds 1000 -- "$churn" || status=1
	nothing_remains || status=1
	find_and_kill "$churn"
	return "$status"
}
churn=$scratch/churn-$$

# All that an observer holds has a name that is looked for.
seen() {
	local watcher
	mkfifo "$scratch/in"
	"$TAX_RUN" -s -p $$ <"$scratch/in" >"$scratch/out" 2>&1 &
	watcher=$!
	exec 5>"$scratch/in"
	until grep -q ready "$scratch/out"; do
		kill -0 $watcher || return
		sleep 0.05
	done
	held $watcher | sort -u >"$scratch/held"
	ours | sort >"$scratch/now"
	exec 5>&-
	wait $watcher
	cat "$scratch/held"
	grep -q program "$scratch/held" && grep -q map "$scratch/held" || return
	comm -23 "$scratch/held" "$scratch/now" >"$scratch/unseen"
	sed 's/^/it does not see /' "$scratch/unseen"
	[ ! -s "$scratch/unseen" ]
}

ours | sort >"$scratch/before"
ok 'this test would see what remains' seen
ok "$kills kills around the start of a program, and nothing is left" kill_while_running
echo "# before and after the program ran: $(cat "$scratch/killed")"
ok "$kills kills around attaching to a process, which lives on" kill_while_attached
echo "# before and after programs were attached: $(cat "$scratch/killed")"
ok "$kills kills around the first row of explain --verify, and no row is lost" kill_while_verifying
echo "# before and after there was a row: $(cat "$scratch/killed")"
done_testing
