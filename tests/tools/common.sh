# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
#
# For the tests of the scripts around the tool, on top of tests/lib/tap.sh: predicates for `result`,
# and stand-ins for commands.

# No test here starts the tool itself.
MADVISOR=${MADVISOR:-none}
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$tmp/bin		# put it first in PATH
mkdir "$bin"

# result NAME PREDICATE…: a test point about the last `run`, shown when it fails.
result() {
	local before=$failures
	check "$@"
	[ "$failures" = "$before" ] ||
		diagnose "exit status $status" "stdout: $out" "stderr: $err"
}

is_status() {
	[ "$status" -eq "$1" ]
}

says() {
	grep -q -e "$1" <<<"$out
$err"
}

silent() {
	[ -z "$out$err" ]
}

not() {
	! "$@"
}

# stand_in NAME: a command of that name in $bin, its script on standard input.
stand_in() {
	{
		echo '#!/bin/bash'
		cat
	} >"$bin/$1"
	chmod +x "$bin/$1"
}
