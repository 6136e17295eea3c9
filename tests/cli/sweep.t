# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor bench --sweep`: the size at which a contender's own threshold lies is found and named, and what it writes.
# shellcheck source=tests/lib/sweep.sh
. "$(dirname "$0")/../lib/sweep.sh"

bench=("$MADVISOR" bench)
refused "a sweep without a range" 2 "not a sweep: 'payload'" "${bench[@]}" --sweep payload
refused "one without an end" 2 "not a sweep: 'payload=8'" "${bench[@]}" --sweep payload=8
refused "one of words" 2 "not a sweep: 'payload=small\.\.large'" "${bench[@]}" --sweep payload=small..large
refused "an unknown scale" 2 "not a sweep" "${bench[@]}" --sweep payload=8..1M:cubic
refused "an empty range" 2 "'payload=1M\.\.8': the range is empty" "${bench[@]}" --sweep payload=1M..8
refused "a range of one" 2 "the range is empty" "${bench[@]}" --sweep payload=8..8
refused "factors from 0" 2 "from 0 upwards" "${bench[@]}" --sweep live=0..64:log
refused "a number that no case has" 2 "no case has a number 'colour'" "${bench[@]}" --sweep colour=1..8
refused "a word that is no number" 2 "no case has a number 'init'" "${bench[@]}" --sweep init=1..8
refused "a number that this case lacks" 2 "churn/single has no number 'senders'" \
	"${bench[@]}" churn/single --sweep senders=1..8
like "with those that it has" "$err" 'hint: it has: size, threads, live'
refused "a value that the case does not take" 2 "capacity" "${bench[@]}" --sweep capacity=1..1G
refused "several cases" 2 "one case" "${bench[@]}" mpsc/8 churn/single --sweep payload=8..1M
refused "a suite" 2 "one case" "${bench[@]}" --suite quick --sweep payload=8..1M
refused "a budget below its two ends" 2 "too short for the two ends of the sweep: 18 runs" \
	"${bench[@]}" --sweep payload=8..1M --contenders glibc --budget 1
refused "a condition" 2 "fail-if beside --sweep" \
	"${bench[@]}" --sweep payload=8..1M --contenders glibc --fail-if 'limit slower 5%'
refused "a precision" 2 "precision beside --sweep" \
	"${bench[@]}" --sweep payload=8..1M --contenders glibc --precision 5

# A glibc that maps what is larger than 128 KiB faults each page of it each time; one that does not never does. It is the
# baseline because runs are made as long as they take under that one. One of the four blocks may find room in the heap as it is.
run env COLUMNS=80 "$MADVISOR" bench churn/single/live=4 --sweep payload=64K..256K --budget 80 \
	--contenders 'glibc[mmap_threshold=64M,trim_threshold=1G]' \
	--baseline 'glibc[mmap_threshold=128K,trim_threshold=1G]' \
	--json "$tmp/r.json" --export-hyperfine "$tmp/h.json" --csv "$tmp/r.csv" --html "$tmp/r.html" \
	--markdown "$tmp/r.md"
is "a sweep succeeds" "$status" 0
is "it is of the number" "$(query 's["parameter"], s["unit"], s["low"], s["high"], s["logarithmic"]')" \
	"('size', 'bytes', 65536, 262144, False)"
is "the threshold is found to the byte" \
	"$(query '[(c["low"], c["high"]) for c in cliffs if "128K" in c["contender"] and "minor_faults" in c["by"]]')" \
	"[(131048, 131049)]"
is "and named" "$(query '[c["threshold"]["name"] for c in cliffs if c["low"] == 131048]')" "['mmap_threshold']"
is "the other one has none there" \
	"$(query '[c for c in cliffs if "64M" in c["contender"] and c["low"] == 131048]')" "[]"
is "a page fault for each page" "$(query '[20 <= c["faults_high"] <= 34 and c["faults_low"] < 1 for c in cliffs if c["low"] == 131048]')" \
	"[True]"
like "Markdown has all values" "$(cat "$tmp/r.md")" '^\| 131049 '
jump_written size 4

# A count, a linear axis, and no cliff.
run "$MADVISOR" bench --sweep messages=4000..4003 --contenders glibc --budget 15 --json "$tmp/r.json"
is "a sweep of a count" "$status" 0
is "on a linear axis" "$(query 's["parameter"], s["unit"], s["logarithmic"]')" "('messages', None, False)"

# What was measured is kept.
"$MADVISOR" bench --sweep payload=64..4K --contenders glibc --budget 300 --json "$tmp/r.json" \
	>"$tmp/out" 2>"$tmp/err" &
pid=$!
for ((i = 0; i < 600; i++)); do
	grep -qs '"run"' "$XDG_STATE_HOME"/madvisor/*.jsonl && break
	sleep 0.1
done
kill -INT "$pid"
wait "$pid"
is "an interrupted sweep exits with 130" "$?" 130
is "and is saved as partial" "$(query 'r["partial"], len(r["runs"]) > 0, r["command"]["stopped"]')" "(True, True, 'interrupted')"
# Killed, it has not looked for its cliffs yet: that is done when it is recovered.
"$MADVISOR" bench --sweep payload=64..4K --contenders glibc --budget 300 --quiet >"$tmp/out" 2>"$tmp/err" &
pid=$!
for ((i = 0; i < 600; i++)); do
	grep -qs '"run"' "$XDG_STATE_HOME"/madvisor/*.jsonl && break
	sleep 0.1
done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
run "$MADVISOR" report --recover --json "$tmp/r.json"
is "a killed sweep is recovered" "$(query 's["parameter"], r["command"]["stopped"]')" "('size', 'killed')"
check "and leaves no process" gone_soon
is "no process is left behind" "$(left_running)" ""
finish
