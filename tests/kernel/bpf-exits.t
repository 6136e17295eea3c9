#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Threads that exit together, beside processes that fork: every count is exact, and no chunk of page states is ever in two
# address spaces, freed twice or forgotten. Without the bound of time (-u), which would leave out some of these forks.
# $EXITS is how many processes exit (200; the release check takes 2,000).
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe
exits=${EXITS:-200}

storm() {
	"$TAX_RUN" -u "$TARGETS/exit-storm" "$exits" 64 4 "$scratch/expected" >"$scratch/measured" || return
	grep -E '^(observer_|lost_|missed_|chunks_|refaults)' "$scratch/measured"
	as_expected "$scratch/measured" "$scratch/expected"
}

# Each process has a chunk for the area of each of its 64 threads, and 1,000 more.
every_chunk_freed_once() {
	local taken
	taken=$(value "$scratch/measured" chunks_taken)
	[ "$taken" -ge $((exits * 1064)) ] && [ "$(value "$scratch/measured" chunks_freed)" = "$taken" ]
}

ok "$exits times 64 threads that exit together, beside 4 that fork" unless_lost storm
ok 'no chunk was found in a space that does not own it' between chunks_misowned 0 0 "$scratch/measured"
ok 'every chunk that was taken was freed, once' every_chunk_freed_once
done_testing
