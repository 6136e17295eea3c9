# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# For the tests of sweeps, `bench --sweep` and `compare -P n=A..B`: questions to their result, and what both write of a jump.
# shellcheck source=tests/lib/tap.sh
. "$(dirname "${BASH_SOURCE[0]}")/tap.sh"

# query EXPRESSION: in Python, of the result (r), its sweep (s), and the cliffs that are settled (cliffs).
query()
{
	python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
s = r["sweep"]
cliffs = [c for c in s["cliffs"] if c["settled"]]
print(eval("(" + sys.argv[2] + ")"))' "$tmp/r.json" "$1"
}

# jump_written PARAMETER CONTENDERS: of a sweep from 64K to 256K in which a glibc jumps at its mmap_threshold, what stands in r.json,
# h.json, r.csv, r.html, and on the first screen in out; and that it is rendered again.
jump_written()
{
	is "its ends have rounds twice" "$(query 'min(max(x["round"] for x in r["runs"] if x["case"] == c[e])
		for c in cliffs for e in ("low_case", "high_case")) >= 6')" True
	is "cases are in the order of the number" \
		"$(query '(lambda v: v == sorted(v) and len(v) == len(r["cases"]))([p["value"] for c in r["cases"]
		for p in c["parameters"] if p["name"] == "'"$1"'"])')" True
	is "every contender ran in every round of every case" \
		"$(query 'len({(x["case"], x["round"]) for x in r["runs"]}) * '"$2"' == len(r["runs"])')" True
	like "the verdict comes first" "$(sed -n 3,6p "$tmp/out")" '^glibc\[mmap_threshold=128K.* above 131048: time [0-9.]+x, faults'
	like "with the threshold's name" "$(tr '\n' ' ' <"$tmp/out")" '(a run|an operation): +mmap_threshold'
	check "the first screen has at most 20 lines" test "$(wc -l <"$tmp/out")" -le 20
	check "of at most 80 columns" test "$(wc -L <"$tmp/out")" -le 80
	like "the page has a chart with the cliff" "$(grep '<h2>' "$tmp/r.html")" "Where it turns: $1"
	like "... marked" "$(grep -o '<title>[^<]*' "$tmp/r.html")" '<title>glibc\[mmap_threshold=128K.* above 131048:'
	is "hyperfine's scripts for parameters find one number for each result" "$(python3 -c 'import json, sys
rows = json.load(open(sys.argv[1]))["results"]
names = {tuple(row["parameters"]) for row in rows}
values = [float(row["parameters"][sys.argv[2]]) for row in rows]
print(names, min(values), max(values), all(row["mean"] > 0 for row in rows))' "$tmp/h.json" "$1")" \
		"{('$1',)} 65536.0 262144.0 True"
	is "CSV has the number in a column" "$(python3 -c 'import csv, sys
rows = list(csv.DictReader(open(sys.argv[1])))
print(sorted({float(row["swept"]) for row in rows})[-1])' "$tmp/r.csv")" 262144.0
	run "$MADVISOR" report --details "$tmp/r.json"
	is "it is rendered again" "$status" 0
	like "with why" "$out" 'larger blocks are mapped'
}
