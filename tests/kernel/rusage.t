#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The rusage probe: needs no privilege.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"

bytes=$((64 << 20))
slack=$((8 << 20))

"$PROBE_RUN" rusage "$TARGETS/hold-memory" $bytes 200 "$scratch/expected" >"$scratch/measured"
peak=$(value "$scratch/expected" peak_rss_bytes)
mean=$(value "$scratch/expected" mean_rss_bytes)
faults=$(value "$scratch/expected" minor_faults)

ok 'peak memory is what the program says' \
	between peak_rss_bytes $((peak - (1 << 20))) $((peak + (1 << 20))) "$scratch/measured"
ok 'mean memory is weighted by time' \
	between mean_rss_bytes $((mean - slack)) $((mean + slack)) "$scratch/measured"
ok 'faults are what the program says' \
	between minor_faults $((faults - 60)) $((faults + 60)) "$scratch/measured"
ok 'CPU time is measured' between cpu_ns 1000000 1000000000 "$scratch/measured"
ok 'system calls are unmeasured' unmeasured "$scratch/measured" \
	madvise_dontneed_calls madvise_free_calls mmap_calls munmap_calls brk_calls

# Every page of the storm but those that it touches first comes back.
"$PROBE_RUN" rusage "$TARGETS/madvise-storm" 2 5000 8 "$scratch/expected" >"$scratch/storm"
refaults=$(($(value "$scratch/expected" minor_faults) - 2 * 8))
ok 'the bound on refaults holds, and is not far below' \
	between refaults_at_least $((refaults * 9 / 10)) "$refaults" "$scratch/storm"
ok 'memory that is only held has none' between refaults_at_least 0 0 "$scratch/measured"
"$PROBE_RUN" -s rusage "$TARGETS/known-calls" -s 4 -n 5000 -e "$scratch/expected" >"$scratch/phase"
faults=$(value "$scratch/expected" minor_faults)
ok 'a phase has a bound of its own' \
	between refaults_at_least $((faults * 9 / 10)) "$faults" "$scratch/phase"
"$PROBE_RUN" rusage "$TARGETS/known-calls" -n 5000 -f 1 -e "$scratch/expected" >"$scratch/forks"
ok 'of several processes there is no bound' unmeasured "$scratch/forks" refaults_at_least

# A child's ru_maxrss starts from its parent's memory: that must not become the program's peak.
"$PROBE_RUN" -b 256M rusage "$TARGETS/hold-memory" $bytes 200 "$scratch/expected" >"$scratch/measured"
ok 'peak memory is not that of a larger parent' \
	between peak_rss_bytes $((bytes)) $((bytes + slack)) "$scratch/measured"

ok 'the exit status is the program'"'"'s' "$PROBE_RUN" rusage sh -c 'exit 0'
"$PROBE_RUN" rusage sh -c 'kill -SEGV $$' >"$scratch/measured"
ok 'a program that a signal ends' between exit 139 139 "$scratch/measured"
ok '... has its figures all the same' between minor_faults 1 100000 "$scratch/measured"
"$PROBE_RUN" rusage /nonexistent >"$scratch/measured"
ok 'a program that is not there' between exit 127 127 "$scratch/measured"
ok '... has no mean memory' unmeasured "$scratch/measured" mean_rss_bytes peak_rss_bytes
done_testing
