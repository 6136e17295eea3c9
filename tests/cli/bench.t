# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor bench` on a small experiment, checked row by row in the document that it writes.
. "$(dirname "$0")/../lib/tap.sh"

query()
{
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
runs = r["runs"]
print(eval("(" + sys.argv[2] + ")"))' "$tmp/r.json" "$1"
}

run "$MADVISOR" bench --details mpsc/8/senders=1 churn/single --rounds 3 --seed 7 --contenders glibc \
	--json "$tmp/r.json" --markdown "$tmp/r.md" --csv "$tmp/r.csv" \
	--export-hyperfine "$tmp/h.json" --html "$tmp/r.html"
is "a small shootout succeeds" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
like "the cases are shown" "$out" 'mpsc/8/senders=1'
like "the noise floor is shown" "$out" 'noise floor'
for file in r.json r.md r.csv h.json r.html; do
	check "$file is written" test -s "$tmp/$file"
done

is "the kind is named" "$(query 'r["kind"]')" bench
is "the schema is named" "$(query 'r["schema"]')" madvisor.result/2
is "the seed is recorded" "$(query 'int(r["command"]["seed"])')" 7
is "it is complete" "$(query 'r["partial"]')" False
is "every contender ran in every round of every case" \
	"$(query 'sorted({(x["case"], x["contender"], x["round"]) for x in runs if not x["observed"]}) ==
	[(c, n, i) for c in ("churn/single", "mpsc/8/senders=1") for n in ("glibc", "glibc:twin", "limit")
	for i in (1, 2, 3)]')" True
is "no figure that every run has is missing" \
	"$(query 'sum(x["metrics"][k] is None for x in runs for k in
	("wall_ns", "cpu_ns", "ops_per_s", "peak_rss_bytes", "minor_faults", "context_switches"))')" 0
is "CPU time is of the same time as its two parts" \
	"$(query 'all(abs(m["cpu_ns"] - m["user_ns"] - m["sys_ns"]) <= 2 for m in (x["metrics"] for x in runs))')" True
is "what was not measured is null, not 0" \
	"$(query 'all(x["metrics"]["refaults"] is None for x in runs if not x["observed"])')" True
is "all runs of a case did the same work" \
	"$(query 'len({(c["name"], c["iterations"]) for c in r["cases"]}) == 2 and
	all(c["iterations"] > 0 for c in r["cases"])')" True
is "the twin ran blind, not in a fixed place" \
	"$(query 'len({tuple(x["contender"] for x in runs if x["round"] == i and x["case"] == c and not x["observed"])
	for i in (1, 2, 3) for c in ("mpsc/8/senders=1", "churn/single")}) > 1')" True
is "the limit touches no fresh page in its measured phase" \
	"$(query 'max(x["metrics"]["minor_faults"] for x in runs if x["contender"] == "limit" and
	x["case"] == "churn/single") < 50')" True

run "$MADVISOR" bench churn/single --rounds 1 --seed 7 --contenders glibc --quiet --json -
is "'-' is standard output" "$(python3 -c 'import json, sys; print(json.load(sys.stdin)["schema"])' <<<"$out")" \
	madvisor.result/2
is "and nothing else is said" "$err" ""

run "$MADVISOR" report --details
is "the newest result is kept and found again" "$status" 0
like "and rendered" "$out" 'churn/single'

# Why one is slow, where that is settled: glibc that gives every buffer back, against glibc that keeps them.
run "$MADVISOR" bench --details churn/single/size=256K --rounds 5 --json "$tmp/r.json" --html "$tmp/r.html" \
	--markdown "$tmp/r.md" --contenders 'glibc[mmap_threshold=64K,trim_threshold=64K]' \
	--baseline 'glibc[mmap_threshold=32M,trim_threshold=1G]'
is "a shootout of one slow contender" "$status" 0
is "it is settled that it is slow" \
	"$(query '[s["verdict"] for s in r["summaries"] if s["metric"] == "wall_ns" and "64K" in s["contender"]]')" "['slower']"
is "it says why of that one, and of no other" \
	"$(query '["64K" in f["contender"] for f in r["findings"]]')" "[True]"
is "in the kernel" "$(query '[f["id"] for f in r["findings"]]')" "['kernel-difference']"
like "under its verdict, in the terminal" "$out" '^    · kernel time .* against '
like "... in Markdown" "$(cat "$tmp/r.md")" '^  - kernel time .* against '
like "... and in HTML" "$(cat "$tmp/r.html")" '<li class="detail">kernel time .* against '
if [ "$(query 'r["command"]["probe"]')" = bpf ]; then
	like "with the call that took the pages away" "$(query 'r["findings"][0]["text"]')" \
		'refaults after (munmap|brk).*\[(mmap-threshold|brk-trim)\]$'
else
	skip "with the call that took the pages away" "only the bpf probe knows it"
fi

# A memory limit stops the run, not the machine.
run "$MADVISOR" bench churn/single/size=64M --rounds 2 --contenders glibc --memory-max 16M
is "a run over its memory is a failure of the target" "$status" 3
like "it says which limit" "$out$err" 'used more memory than 16.0 MiB'

# No time limit below what a run needs can be met.
run "$MADVISOR" bench mpsc/8/senders=1 --rounds 2 --contenders glibc --timeout 10ms
is "a run over its time is a failure of the target" "$status" 3
like "it says which limit" "$out$err" 'timeout'

# Above the threshold every buffer is mapped, faulted in and unmapped: slower on any machine.
run "$MADVISOR" bench churn/single/size=256K --rounds 5 --contenders glibc --quiet \
	--baseline 'glibc[mmap_threshold=64K,trim_threshold=64K]' --fail-if 'glibc faster 20%'
is "a condition that holds gives exit status 1" "$status" 1
like "and is said" "$err" 'fail-if holds: glibc faster 20%: wall time is .* the whole interval is below 0\.80'
run "$MADVISOR" bench churn/single --rounds 3 --contenders glibc --quiet \
	--fail-if 'limit slower 900%'
is "a condition that does not hold gives 0" "$status" 0

is "no process is left behind" "$(left_running)" ""
finish
