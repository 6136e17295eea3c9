#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The bpf probe follows fork, clone and exec, and survives what programs do.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe

life() {
	"$PROBE_RUN" bpf "$TARGETS/many-lives" "$@" "$scratch/expected" >"$scratch/measured" || return
	[ "$(value "$scratch/measured" exit)" = 0 ] || { cat "$scratch/measured"; return 1; }
	as_expected "$scratch/measured" "$scratch/expected"
}

ends_with() {
	local status=$1
	shift
	"$PROBE_RUN" bpf "$@" >"$scratch/measured" || return
	cat "$scratch/measured"
	[ "$(value "$scratch/measured" exit)" = "$status" ]
}

ok '1,000 children' unless_lost life forks 1000
ok '50 generations' unless_lost life chain 50
ok '500 threads' unless_lost life threads 500
ok '20 programs in one process' unless_lost life execs 20
ok '... each executed by another thread than the first' unless_lost life thread-execs 20
ok 'a program that ends at once' ends_with 0 true
ok '... was seen to map and to fault' between first_touch_faults 20 100000 "$scratch/measured"
# shellcheck disable=SC2016
ok 'a program that a signal ends' ends_with 139 sh -c 'kill -SEGV $$'
ok 'a program that is not there' ends_with 127 /nonexistent
if command -v su >/dev/null && [ -u "$(command -v su)" ]; then
	ok 'a setuid program' ends_with 0 su --version
fi

# The threads of a program each have a row of their own.
"$TAX_RUN" "$TARGETS/many-lives" threads 100 >"$scratch/measured"
rows=$(grep -c '^row .* many-lives refaults 1[0-9] ' "$scratch/measured")
ok 'a row for each thread' [ "$rows" -eq 100 ]
ok 'calls are counted into histograms' awk '
	$1 == "dontneed_calls_all" { calls = $2 }
	$1 == "dontneed_histogram" { for (i = 2; i <= NF; i++) sum += $i }
	END { exit !(calls >= 200 && sum == calls) }' "$scratch/measured"
done_testing
