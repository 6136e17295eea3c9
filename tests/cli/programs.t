# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# benchmarks/programs/run: that its inputs are what they are said to be, and that a page comes of a measurement.
. "$(dirname "$0")/../lib/tap.sh"

programs=$MADVISOR_SOURCE/benchmarks/programs
unset MALLOC_PERTURB_

run "$programs/run" --madvisor "$MADVISOR" --folder "$tmp/work" --output "$tmp/page.md" --rounds 2 \
	--contenders self python3
is "a program is measured" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
page=$(cat "$tmp/page.md")
like "the page names the command" "$page" '^madvisor compare --contenders self --rounds 2 -- python3 lists.py$'
like "its table has the program as it is" "$page" '^\| self \([a-z]+ [0-9.]+\) \| [0-9,.]+ m?s \| [0-9,.]+ m?s \| [0-9.,]+ MiB \|'
run "$programs/run" --render --folder "$tmp/work" --output "$tmp/again.md"
is "the page is written again from what is there" "$status $(cat "$tmp/again.md")" "0 $page"
run "$programs/run" --render --folder "$tmp/nothing" --output "$tmp/none.md"
like "without a measurement there is no page" "$status $err $(ls "$tmp/none.md" 2>&1)" 'nothing was measured'
run "$programs/run" no-such-program
is "an unknown program is refused" "$status" 2

is "a large C file is the same each time" "$("$programs/inputs/large-c" 40 | cksum)" "$("$programs/inputs/large-c" 40 | cksum)"
if command -v git >/dev/null; then
	git init -q --bare -b main "$tmp/history"
	"$programs/inputs/git-history" 30 20 | git -C "$tmp/history" fast-import --quiet
	is "a history has its commits" "$(git -C "$tmp/history" rev-list --count main)" 30
	is "and its files" "$(git -C "$tmp/history" ls-tree -r --name-only main | wc -l)" 20
	check "and is sound" git -C "$tmp/history" fsck --strict --no-progress
	is "each commit changes something" "$(git -C "$tmp/history" log --format= --shortstat main | wc -l)" 30
fi
if command -v sqlite3 >/dev/null; then
	sed 's/900000/2000/' "$programs/inputs/build.sql" | sqlite3 "$tmp/x.db" >"$tmp/out"
	is "a database has its rows" "$(tail -n 1 "$tmp/out" | cut -d '|' -f 1)" 2000
	is "and is sound" "$(sqlite3 "$tmp/x.db" 'PRAGMA integrity_check')" ok
fi
finish
