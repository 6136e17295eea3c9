#!/bin/bash
# SPDX-License-Identifier: MIT
#
# .ci/run: that it runs all parts and adds up what they count, with a stand-in for make.
. "$(dirname "$0")/common.sh"

mkdir -p "$tmp/clone/.ci"
cp "$root/.ci/run" "$tmp/clone/.ci/"
export PATH=$bin:$PATH BUILD=$tmp/build CALLS=$tmp/calls BAD=none CHECKED='10 passed, 0 failed, 2 skipped'

# Tests are counted by check, asan and fuzz. What is said before the last count is not it.
stand_in make <<'end'
pwd >>"$CALLS.folder"
echo "$*" >>"$CALLS"
[ ! -t 0 ] && [ -z "$(cat)" ] || exit 9
case $1 in
check)	printf '1 passed, 1 failed, 1 skipped\n%s\n' "$CHECKED" ;;
asan)	echo '5 passed, 0 failed, 1 skipped' ;;
fuzz)	echo '3 passed, 0 failed, 0 skipped' ;;
*)	echo 'no tests here' ;;
esac
[ "$1" != "$BAD" ]
end

ci() {
	rm -f "$CALLS" "$CALLS.folder"
	run "$tmp/clone/.ci/run"
}

ci
result 'all parts pass: it succeeds' is_status 0
is '… all ran, once' "$(cut -d ' ' -f 1 "$CALLS" | sort | paste -sd ' ')" 'asan check format-check fuzz werror'
is '… in the clone' "$(sort -u "$CALLS.folder")" "$tmp/clone"
result '… fuzzers for 30 s each' grep -q '^fuzz .*=30$' "$CALLS"
result '… no timed test under sanitizers' grep -q '^asan TESTS=.*--no-suite timed' "$CALLS"
is 'the last line is the sum; a part without tests is one' "$(tail -n 1 <<<"$out")" '20 passed, 0 failed, 3 skipped'

for bad in format-check werror; do
	BAD=$bad ci
	result "$bad fails: it fails" is_status 1
	is '… and is one that failed' "$(tail -n 1 <<<"$out")" '19 passed, 1 failed, 3 skipped'
	is '… the others run' "$(wc -l <"$CALLS")" 5
	is '… which is said at once, and at the end' "$(grep -c "^ci: make $bad FAILED" <<<"$out")" 2
done

CHECKED='8 passed, 2 failed, 2 skipped' BAD=check ci
result 'tests fail: it fails' is_status 1
is '… and they are counted' "$(tail -n 1 <<<"$out")" '18 passed, 2 failed, 3 skipped'
BAD=check ci
result 'a part that fails beside its tests: it fails' is_status 1
is '… and counts' "$(tail -n 1 <<<"$out")" '20 passed, 1 failed, 3 skipped'
finish
