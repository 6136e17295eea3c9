# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests that kill the observer at random moments; source it after kernel.sh. $KILLS in the environment is how
# often (10; the release check takes 200).
#
#   $observer                     madvisor by a name of its own, so that its processes are told from everybody else's
#   running FILE                  what runs that program, traced and stopped processes included
#   gone FILE...                  nothing runs them, or soon nothing does
#   runs_below PID FILE           a process below that one runs that program
#   killed REACHED CHECK ARG...   $observer with these arguments is killed $kills times, half of them before
#                                 `REACHED PID` succeeds, half after it; `CHECK` has to succeed after each
#
# How long a start takes depends on the machine and on who else works on it. So it is measured again and again: a
# late kill waits until the point is reached, and comes at random within as long again; an early one comes at random
# within the time that the last measured start took.
: "${scratch:?}"
kills=${KILLS:-10}
observer=$scratch/observer-$$
cp "$MADVISOR" "$observer"
cp "$(dirname "$MADVISOR")/madvisor-launcher" "$scratch/"
start_us=

running() {
	find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' -lname "$1" 2>/dev/null
}

gone() {
	local attempt file left
	for attempt in $(seq 200); do
		left=
		for file; do
			left+=$(running "$file")
		done
		[ -z "$left" ] && return
		sleep 0.05
	done
	echo "after $attempt looks there still is: $left"
	return 1
}

runs_below() {
	local children=() pid list
	for list in /proc/"$1"/task/*/children; do
		read -ra children <"$list"
		for pid in "${children[@]}"; do
			[ "/proc/$pid/exe" -ef "$2" ] && return
			runs_below "$pid" "$2" && return
		done
	done 2>/dev/null
	return 1
}

sleep_at_random() {
	local us=$(($1 * RANDOM / 32768))
	sleep "$(printf '%d.%06d' $((us / 1000000)) $((us % 1000000)))"
}

# Leaves in start_us how long that took.
await() {
	local reached=$1 pid=$2 begun_us=$3
	until "$reached" "$pid"; do
		start_us=$((${EPOCHREALTIME/[^0-9]/} - begun_us))
		if [ "$start_us" -gt 60000000 ] || ! kill -0 "$pid" 2>/dev/null; then
			echo "after $start_us us it had not come so far, or had ended"
			return 1
		fi
		sleep 0.01
	done
	start_us=$((${EPOCHREALTIME/[^0-9]/} - begun_us))
}

# There is something to clean up already: BPF programs or maps, or a child.
has_begun() {
	cat "/proc/$1/task/"*/children 2>/dev/null | grep -q . ||
		grep -qsE '^(prog|map)_id:' "/proc/$1/fdinfo/"*
}

kill_once() {
	local when=$1 reached=$2 pid begun_us=${EPOCHREALTIME/[^0-9]/} status=0
	shift 2
	"$observer" "$@" >/dev/null 2>&1 &
	pid=$!
	if [ "$when" = late ]; then
		await "$reached" "$pid" "$begun_us" || status=1
	fi
	[ "$status" -ne 0 ] || sleep_at_random "$start_us"
	if "$reached" "$pid"; then
		late=$((late + 1))
		# It starts faster than was thought.
		[ "$when" = late ] || start_us=$((start_us / 2))
	else
		early=$((early + 1))
		has_begun "$pid" && begun=$((begun + 1))
	fi
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return "$status"
}

killed() {
	local reached=$1 check=$2 i when early=0 late=0 begun=0 slowest_us=0
	shift 2
	for ((i = 0; i < kills || (4 * early < kills && i < 3 * kills); i++)); do
		when=early
		[ "$late" -le "$early" ] && when=late
		kill_once "$when" "$reached" "$@" || return
		[ "$start_us" -gt "$slowest_us" ] && slowest_us=$start_us
		"$check" || return
	done
	echo "$((early + late)) kills: $early before that, $begun of them with BPF programs, maps or a child already; $late after it;" \
		"a start took $((slowest_us / 1000)) ms at most" >"$scratch/killed"
	cat "$scratch/killed"
	[ $((4 * early)) -ge "$kills" ] && [ $((4 * late)) -ge "$kills" ]
}
