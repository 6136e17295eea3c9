#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Attaching to what runs already, by PID: what was touched before is unknown until it is seen.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe

mkfifo "$scratch/in" "$scratch/out" "$scratch/tax-in" "$scratch/tax-out"

# target_begin: starts attach-me and lets it have its memory.
target_begin() {
	"$TARGETS/attach-me" 1000 "$scratch/expected" <"$scratch/in" >"$scratch/out" &
	target=$!
	exec 5>"$scratch/in" 6<"$scratch/out"
	read -r _ <&6
}

# watch OPTION...: runs the target's course while tax-run watches.
watch() {
	"$TAX_RUN" "$@" <"$scratch/tax-in" >"$scratch/tax-out" &
	local tax=$!
	exec 7>"$scratch/tax-in" 8<"$scratch/tax-out"
	read -r _ <&8 || { wait "$tax"; return 1; }
	echo >&5
	read -r _ <&6
	exec 7>&-
	cat <&8 >"$scratch/measured"
	echo >&5
	wait "$tax" && wait "$target"
}

by_pid() {
	target_begin
	watch -p "$target" || return
	as_expected "$scratch/measured" "$scratch/expected"
}

gone() {
	local status=0
	"$TAX_RUN" -p 4194303 </dev/null 2>"$scratch/errors" || status=$?
	cat "$scratch/errors"
	[ "$status" -eq 3 ] && grep -q 'there is no process' "$scratch/errors"
}

ok 'a running process: exact, and unknown what nobody can know' unless_lost by_pid
ok 'a process that is gone' gone
done_testing
