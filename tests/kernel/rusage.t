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
