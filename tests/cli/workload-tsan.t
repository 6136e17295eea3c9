# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Every seed and classic case under ThreadSanitizer: runtime, channel and patterns must be free of data races.
. "$(dirname "$0")/../lib/tap.sh"

workload=$MADVISOR_BUILD/workload/madvisor-workload-tsan
[ -x "$workload" ] || skip_all "no ThreadSanitizer in this compiler, or the whole build is sanitized"

# Older runtimes know fewer address layouts than the kernel uses; a fixed one always works.
fixed=()
setarch -R true 2>/dev/null && fixed=(setarch -R)
export TSAN_OPTIONS="exitcode=66 halt_on_error=0"
run "${fixed[@]}" "$workload" --resolve mpsc/8
[ "$out" = mpsc/8/senders=1 ] || skip_all "ThreadSanitizer does not run here: $(head -n 1 <<<"$err")"

"$workload" --list 2>/dev/null >"$tmp/list" || "${fixed[@]}" "$workload" --list >"$tmp/list"
awk -F'\t' '$2 ~ /(^|,)seed(,|$)/ { print $1 }' "$tmp/list" >"$tmp/seed"
is "the seed suite has 13 cases" "$(wc -l <"$tmp/seed")" 13
while read -r name; do
	for source in malloc pool; do
		run "${fixed[@]}" "$workload" "$name" --source $source --iterations 5 --warmup 1
		[ "$status" = 0 ] || diagnose "$(head -n 40 <<<"$err")"
		is "$name from $source" "$status $(grep -c WARNING <<<"$err")" "0 0"
	done
done <"$tmp/seed"
awk -F'\t' '$2 ~ /(^|,)classic(,|$)/ { print $1 }' "$tmp/list" >"$tmp/classic"
while read -r name; do
	run "${fixed[@]}" "$workload" "$name/threads=4/live=7/operations=2000" --iterations 5 --warmup 1
	[ "$status" = 0 ] || diagnose "$(head -n 40 <<<"$err")"
	is "$name" "$status $(grep -c WARNING <<<"$err")" "0 0"
done <"$tmp/classic"

# What ends in sleeping and waking: a queue of one, more threads than CPUs.
for name in mpsc/8/senders=7/capacity=1 mpsc/1K/senders=3/capacity=33 spawn/local/threads=7 \
	spawn/remote/threads=7 spawn/chain/threads=1 churn/multi/threads=7/live=9; do
	run "${fixed[@]}" "$workload" "$name" --iterations 2 --warmup 1
	[ "$status" = 0 ] || diagnose "$(head -n 40 <<<"$err")"
	is "$name" "$status $(grep -c WARNING <<<"$err")" "0 0"
done
finish
