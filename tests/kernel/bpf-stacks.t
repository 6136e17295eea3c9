#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The stacks of purges and refaults lead to the functions that a program says caused them, and stand for as many
# pages as it says: with and without frame pointers, names, unwind tables, a file that is still there.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe
"$TAX_RUN" -s true >"$scratch/measured" 2>&1 || skip_all "$(tr '\n' ' ' <"$scratch/measured")"

# The pages of the stacks of KIND in which FUNCTION is called by middle() and outer(): stacks_of KIND FUNCTION MIDDLE OUTER
stacks_of() {
	awk -v kind="$1" -v want=";$4;$3;$2" '
		$1 == "stack" && $3 == kind {
			path = $7
			gsub(/:[0-9]+/, "", path)
			if (index(path ";", want ";")) pages += $5
		}
		END { print pages + 0 }' "$scratch/measured"
}

kind_of() {
	case $1-$2 in
	purge-dontneed) echo 0 ;;
	purge-munmap) echo 6 ;;
	refault-dontneed) echo 15 ;;
	refault-munmap) echo 17 ;;
	esac
}

# Every line that the program printed, with names as NAMING gives them: named FUNCTION OFFSET
compare() {
	local event call function offset pages measured status=0 lines=0
	while read -r event call function offset pages; do
		lines=$((lines + 1))
		measured=$(stacks_of "$(kind_of "$event" "$call")" "$("$1" "$function" "$offset")" "$2" "$3")
		[ "$measured" = "$pages" ] && continue
		echo "$event by $call in $function: measured $measured pages, expected $pages"
		status=1
	done <"$scratch/expected"
	[ "$lines" = "${expected_lines:-4}" ] || { echo "the program said $lines lines"; status=1; }
	[ "$status" = 0 ] || grep ^stack "$scratch/measured"
	return "$status"
}

named() { echo "$1"; }
placed() { echo "$module+$2"; }

# Few enough that every stack is taken.
run() {
	unless_lost run_once "$@"
}

run_once() {
	rm -f "$scratch/expected"
	"$TAX_RUN" -s "$@" "$scratch/expected" >"$scratch/measured" || return
	[ "$(value "$scratch/measured" lost_stacks)" = 0 ] || { echo 'stacks were lost'; return 2; }
	[ "$(value "$scratch/measured" observer_losses)" = 0 ] || { echo 'events were lost'; return 2; }
}

told() {
	run "$TARGETS/known-stacks-$1" && compare named middle outer
}

ok 'with frame pointers' told framed
ok '... lines are known' grep -qE ';give_back_dontneed:[0-9]+;' "$scratch/measured"
ok '... no stack is cut' sh -c '! grep -qE "^stack known-stacks-fr [0-9]+ 1 .*(give_back|touch_after)" "$1"' - "$scratch/measured"
ok 'without frame pointers' told unframed
if [ -x "$TARGETS/known-stacks-signed" ]; then
	ok 'with signed return addresses' told signed
fi

# The functions of a stripped program are places in its file; where its callers begin is not printed.
stripped() {
	local place
	module=known-stacks-stripped
	run "$TARGETS/$module" || return
	# One function outside of each of them: middle(); and one more: outer().
	place=$(awk '$1 == "purge" && $2 == "dontneed" { print $4 }' "$scratch/expected")
	callers=$(sed -nE "s/^stack [^ ]+ 0 0 .*;($module\+0x[0-9a-f]+);($module\+0x[0-9a-f]+);$module\+$place;.*/\2 \1/p" \
		"$scratch/measured" | head -n 1)
	[ -n "$callers" ] || { echo 'no stack goes through it'; grep ^stack "$scratch/measured"; return 1; }
	compare placed "${callers% *}" "${callers#* }"
}
ok 'stripped' stripped

# Without unwind tables the function itself is still told, and that the stack is cut.
tableless() {
	run "$TARGETS/known-stacks-tableless" || return
	grep -E '^stack [^ ]+ 15 1 15 [0-9]+ .*;touch_after_dontneed' "$scratch/measured" >/dev/null &&
		grep -q '^cut_in .*known-stacks-tableless$' "$scratch/measured" && return
	cat "$scratch/measured"
	return 1
}
ok 'without unwind tables' tableless

# Its file is removed while it runs, when madvisor has seen it.
gone() {
	local target tax
	mkfifo "$scratch/hold" "$scratch/tax-in" "$scratch/tax-out"
	cp "$TARGETS/known-stacks-unframed" "$scratch/gone"
	"$scratch/gone" -w "$scratch/expected" <"$scratch/hold" &
	target=$!
	exec 5>"$scratch/hold"
	"$TAX_RUN" -s -p "$target" 5>&- <"$scratch/tax-in" >"$scratch/tax-out" &
	tax=$!
	exec 7>"$scratch/tax-in" 8<"$scratch/tax-out"
	read -r _ <&8 || { wait "$tax"; return 1; }
	rm "$scratch/gone"
	exec 5>&-
	wait "$target"
	exec 7>&-
	cat <&8 >"$scratch/measured"
	wait "$tax" && compare named middle outer
}
ok 'a running program whose file is removed' gone

# Many short programs, each with addresses of its own.
many() {
	# shellcheck disable=SC2016
	"$TAX_RUN" -s sh -c 'for i in 1 2 3; do "$1" -n 2 "$2"; done' - "$TARGETS/known-stacks-unframed" "$scratch/one" \
		>"$scratch/measured" || return
	sed 's/6$/18/' "$scratch/one" >"$scratch/expected"
	compare named middle outer
}
ok 'programs one after the other' many

# Of a range of 8 GiB, pages at its end count as those at its begin do.
large() {
	local expected_lines=5
	run "$TARGETS/known-stacks-unframed" -l && compare named middle outer
}
ok 'a purge of 8 GiB of addresses' large

# Of many events few stacks are taken, and they stand for all of them.
sampled() {
	"$TAX_RUN" -s "$TARGETS/known-stacks-unframed" -n 20000 "$scratch/expected" >"$scratch/measured" || return
	local taken purged
	taken=$(value "$scratch/measured" taken_stacks)
	purged=$(stacks_of 0 give_back_dontneed middle outer)
	echo "$taken stacks, which stand for $purged pages purged in give_back_dontneed"
	[ "$taken" -ge 500 ] && [ "$taken" -le 4224 ] && [ "$purged" -ge 45000 ] && [ "$purged" -le 75000 ]
}
ok 'many are estimated from few' sampled
done_testing
