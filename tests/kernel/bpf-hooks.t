#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Where the bpf probe sees memory calls: at their own functions on kernels that can, at the tracepoints of all system calls on
# others, and there too where function tracing is switched off. Kernels that have records for so many calls in progress only are others. It counts exactly on both, and says which it took.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe

# Linux 6.14 took the limit away, and fprobe_exit_handler() with it (kernel/trace/fprobe.c).
best=tracepoints
if grep -qw register_fprobe /proc/kallsyms && ! grep -qw fprobe_exit_handler /proc/kallsyms &&
	[ "$(cat /proc/sys/kernel/ftrace_enabled 2>/dev/null)" = 1 ]; then
	best=functions
fi

hooks() {
	local taken
	"$TAX_RUN" true </dev/null >"$scratch/measured" || return
	taken=$(value "$scratch/measured" hooks)
	echo "taken: $taken; expected: $1"
	[ "$taken" = "$1" ]
}

calls() {
	"$PROBE_RUN" -s bpf "$TARGETS/known-calls" -s 4 -e "$scratch/expected" "$@" >"$scratch/measured" || return
	as_expected "$scratch/measured" "$scratch/expected"
}

faults() {
	"$PROBE_RUN" -s bpf "$TARGETS/known-faults" -s 4 -e "$scratch/expected" "$@" >"$scratch/measured" || return
	as_expected "$scratch/measured" "$scratch/expected"
}

says() {
	local phrase=$1
	"$MADVISOR" doctor >"$scratch/doctor" || return
	tr -s ' \n' ' ' <"$scratch/doctor" | grep -qF "memory calls seen $phrase" || { cat "$scratch/doctor"; return 1; }
	"$MADVISOR" explain --quiet --json "$scratch/e.json" -- true >"$scratch/out" 2>&1 || { cat "$scratch/out"; return 1; }
	grep -qF "\"probe_hooks\":\"$phrase" <(tr -d '\n' <"$scratch/e.json" | sed 's/": "/":"/g') || { cat "$scratch/e.json"; return 1; }
	"$MADVISOR" report --details "$scratch/e.json" | tr -s ' \n' ' ' | grep -qF "memory calls seen $phrase"
}

# Of each call the end is seen, or counted as lost.
ends() {
	local calls seen lost
	"$TAX_RUN" "$TARGETS/hold-calls" "$1" 200 </dev/null >"$scratch/measured" || return
	calls=$(value "$scratch/measured" dontneed_calls_all)
	seen=$(awk '$1 == "dontneed_histogram" { for (i = 2; i <= NF; i++) sum += $i } END { print sum + 0 }' "$scratch/measured")
	lost=$(value "$scratch/measured" lost_ends)
	echo "calls $calls, ends seen $seen, lost $lost"
	[ "$calls" -ge 200 ] && [ "$seen" -le "$calls" ] && [ $((seen + lost)) -ge "$calls" ] &&
		{ [ "$lost" = 0 ] || [ "$(value "$scratch/measured" observer_losses)" -ge "$lost" ]; } &&
		{ [ -z "$2" ] || [ "$lost" = 0 ]; }
}

each() {
	ok "$1: taken" hooks "$1"
	ok "$1: calls, 4 threads and 5 children" unless_lost calls -t 4 -f 5 -n 100
	ok "$1: moved pages" unless_lost faults -n 50 -p 100 move
	ok "$1: populated pages" unless_lost faults -n 50 -p 100 populate
	ok "$1: doctor, the document and the report say so" says "$2"
}
at_functions='at their own functions'
at_tracepoints='at the tracepoints of all system calls'

# As many calls in progress as would exhaust the records of an older kernel.
threads=$((2 * 16 * $(getconf _NPROCESSORS_CONF) + 8))
if [ "$best" = functions ]; then
	each functions "$at_functions"
	[ "$threads" -gt 1000 ] || ok "no end is missed unseen, with $threads calls in progress" ends "$threads"
	ok 'futex waits have no such limit' unless_lost ends 2 all
	# As if function tracing were switched off: each program that observes gets another view of that file.
	echo 0 >"$scratch/off"
	if unshare -m mount --bind "$scratch/off" /proc/sys/kernel/ftrace_enabled 2>/dev/null; then
		for program in MADVISOR PROBE_RUN TAX_RUN; do
			cat >"$scratch/$program" <<-end
				#!/bin/sh
				exec unshare -m sh -c 'mount --bind $scratch/off /proc/sys/kernel/ftrace_enabled && exec "\$@"' sh ${!program} "\$@"
			end
			chmod 755 "$scratch/$program"
			eval "$program=$scratch/$program"
		done
		each tracepoints "$at_tracepoints"
		ok 'tracepoints: every end is seen' unless_lost ends "$threads" all
	fi
else
	each tracepoints "$at_tracepoints"
	ok 'every end is seen' unless_lost ends 72 all
fi
done_testing
