#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools/format-check: what it judges, with a stand-in for clang-format.
. "$(dirname "$0")/common.sh"

export PATH=$bin:$PATH VERSION=14.0.6
# Takes a file that says "bad" for one that is not formatted.
stand_in clang-format <<'end'
[ "$1" = --version ] && echo "Debian clang-format version $VERSION" && exit 0
shift 2
! grep -l bad "$@"
end
mkdir -p "$tmp/tree/src" "$tmp/tree/build-other"
echo good >"$tmp/tree/src/a file.c"
echo bad | tee "$tmp/tree/build-other/made.c" >"$tmp/tree/src/text.txt"

run "$root/tools/format-check" "$tmp/tree"
result 'formatted files pass' is_status 0
is '… and are counted' "$(tail -n 1 <<<"$out")" '1 passed, 0 failed, 0 skipped'
echo bad >"$tmp/tree/src/b.h"
run "$root/tools/format-check" "$tmp/tree"
result 'one that is not fails' is_status 1
result '… is named' says '^./src/b.h$'
is '… and is counted' "$(tail -n 1 <<<"$out")" '0 passed, 1 failed, 0 skipped'
VERSION=19.1.7 run "$root/tools/format-check" "$tmp/tree"
result 'another version does not judge' is_status 0
result '… and says so' says 'clang-format 14 judges, here is 19'
is '… as a skip' "$(tail -n 1 <<<"$out")" '0 passed, 0 failed, 1 skipped'
finish
