#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools/fuzz: which fuzzers it runs and for how long, with stand-ins for them.
. "$(dirname "$0")/common.sh"

build=$tmp/build
mkdir -p "$build/tests/fuzz"
# A fuzzer that notes how long it is to run; a and b, asked to, wait for each other.
stand_in fuzzer <<'end'
name=${0##*/fuzz-}
echo "$name $*" >>"$BUILD/calls"
echo "stat::number_of_executed_units: 7"
mkdir "$BUILD/running-$name"
for _ in $(seq 100); do
	[ "$WAIT" = yes ] && [ "$name" != c ] || break
	[ -e "$BUILD/running-a" ] && [ -e "$BUILD/running-b" ] && touch "$BUILD/together"
	[ ! -e "$BUILD/together" ] || break
	sleep 0.05
done
rmdir "$BUILD/running-$name"
[ "$name" != "$BAD" ]
end
export BUILD=$build BAD=none WAIT=no
for name in a b c; do
	cp "$bin/fuzzer" "$build/tests/fuzz/fuzz-$name"
done

# fuzz OPTION…: with an empty record.
fuzz() {
	rm -rf "$build/calls" "$build/together"
	run "$root/tools/fuzz" "$@"
	calls=$(sort "$build/calls" 2>/dev/null)
}

FUZZ_JOBS=2 WAIT=yes fuzz "$build" 60
result 'all run' is_status 0
is '… each once' "$(cut -d ' ' -f 1 <<<"$calls" | paste -sd ' ')" 'a b c'
is '… two at a time, so that each has half of the time' "$(grep -c -- '-max_total_time=30 ' <<<"$calls")" 3
check '… indeed beside each other' test -e "$build/together"
result '… with how often' says '^fuzz: b: 7 runs, nothing found$'
is '… and the counts are the last line' "$(tail -n 1 <<<"$out")" '3 passed, 0 failed, 0 skipped'

FUZZ_JOBS=1 fuzz "$build" 60
is 'one at a time, each has a third' "$(grep -c -- '-max_total_time=20 ' <<<"$calls")" 3
FUZZ_JOBS=2 fuzz -e "$build" 5
is 'as long as is said for each' "$(grep -c -- '-max_total_time=5 ' <<<"$calls")" 3
FUZZ_JOBS=2 fuzz "$build" 1
is 'too short a time is a second for each' "$(grep -c -- '-max_total_time=1 ' <<<"$calls")" 3
FUZZ_JOBS=2 fuzz "$build" 60 c
is 'some of them, by name' "$(cut -d ' ' -f 1 <<<"$calls")" c
is '… have all the time' "$(grep -c -- '-max_total_time=60 ' <<<"$calls")" 1

BAD=b fuzz -e "$build" 1
result 'a fuzzer that finds something fails' is_status 1
result '… is named' says '^fuzz: b FAILED; the input is in .*/crash-b-'
is '… and the others have run' "$(tail -n 1 <<<"$out")" '2 passed, 1 failed, 0 skipped'

fuzz "$build" 60 no-such
result 'an unknown fuzzer is a usage error' is_status 2
fuzz "$build" soon
result 'a time that is none is a usage error' is_status 2
rm "$build"/tests/fuzz/fuzz-*
fuzz "$build" 60
result 'no fuzzer at all is a failure' is_status 1
finish
