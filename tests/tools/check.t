#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools/check: counts what Meson recorded, with a stand-in for Meson.
. "$(dirname "$0")/common.sh"

export PATH=$bin:$PATH RESULTS STDOUT
stand_in meson <<'end'
mkdir -p "$3/meson-logs"
failed=0
for result in $RESULTS; do
	echo '{"name": "t-'$result'", "result": "'$result'", "stdout": "'$STDOUT'"}'
	case $result in FAIL | TIMEOUT | ERROR | UNEXPECTEDPASS) failed=1 ;; esac
done >"$3/meson-logs/testlog.json"
exit $failed
end

# tests RESULT...: what Meson finds; every test printed $STDOUT.
STDOUT='1..0 # SKIP needs root\n'
tests() {
	RESULTS=$*
	run "$root/tools/check" "$tmp/build"
}

tests OK OK SKIP EXPECTEDFAIL
result 'nothing failed: succeeds' is_status 0
result 'the counts stand alone on a line' says '^3 passed, 0 failed, 1 skipped$'
result 'a skip says why' says '^skipped: t-SKIP: needs root$'

for bad in FAIL TIMEOUT ERROR UNEXPECTEDPASS INTERRUPT; do
	tests OK $bad
	result "$bad counts as failed" says '^1 passed, 1 failed, 0 skipped$'
	result "$bad is named" says "^failed: t-$bad "
	result "$bad fails" is_status 1
done

STDOUT='ok 1 - a\nnot ok 2 - b\n# got: 3\nok 3 - c\n# fine\n1..3\n'
tests ERROR
result 'a failed point is shown' says '^    not ok 2 - b$'
result '… with its diagnosis' says '^    # got: 3$'
result '… and nothing of the others' not says 'fine\|- a'

STDOUT='ok 1 - a\nok 2 - b # SKIP no counters\n1..2\n'
tests OK
result 'a skipped point says why' says '^skipped in part: t-OK: no counters$'

tests
result 'no test at all is a failure' is_status 1
result '… that says so' says 'no test ran'

stand_in meson <<'end'
echo first
sleep 1
echo last
end
CHECK_HEARTBEAT_S=0.2 tests OK
result 'a long test is not silent' says '^still testing, '
is '… and what Meson says is passed on' "$(sed -n '1p; /last/p' <<<"$out")" "first
last"
stand_in meson </dev/null
tests OK
result 'a Meson that records nothing is a failure' is_status 1
result '… even after an earlier run left its record' says 'no record of the tests'
finish
