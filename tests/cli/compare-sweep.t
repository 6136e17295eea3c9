# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor compare -P n=A..B`: the value at which a command's allocator jumps is found and named, and what it writes.
# shellcheck source=tests/lib/sweep.sh
. "$(dirname "$0")/../lib/sweep.sh"

cat >"$tmp/blocks.c" <<'end'
#include <stdlib.h>
int main(int argc, char **argv)
{
	size_t size = strtoull(argv[1], NULL, 10);
	char *volatile kept = malloc(100000); /* so that the heap as it begins has no room for the others */

	for (long i = argc > 2 ? atol(argv[2]) : 1; i > 0; i--) {
		char *volatile block = malloc(size);
		for (size_t at = 0; at < size; at += 4096)
			block[at] = 1;
		free(block);
	}
	free(kept);
	return 0;
}
end
"${CC:-cc}" -O1 -fno-builtin-malloc -o "$tmp/blocks" "$tmp/blocks.c"
compare=("$MADVISOR" compare --progress never)
work=(-- "$tmp/blocks" '{n}')

refused "words" 2 "not a sweep: 'n=small\.\.large'" "${compare[@]}" -P n=small..large "${work[@]}"
like "with what is meant instead" "$err" 'hint: write whole numbers, -P n=8..1M, or a list'
refused "a number and a word" 2 "not a sweep: 'n=8\.\.large'" "${compare[@]}" -P n=8..large "${work[@]}"
refused "a fraction" 2 "not a sweep: 'n=0\.5\.\.8'" "${compare[@]}" -P n=0.5..8 "${work[@]}"
refused "a negative number" 2 "not a sweep: 'n=-8\.\.8'" "${compare[@]}" -P n=-8..8 "${work[@]}"
refused "an unknown scale" 2 "not a sweep: 'n=8\.\.1M:cubic'" "${compare[@]}" -P n=8..1M:cubic "${work[@]}"
refused "the larger value first" 2 "-P 'n=1M\.\.8': the range is empty" "${compare[@]}" -P n=1M..8 "${work[@]}"
like "with the right order" "$err" 'hint: the smaller value stands first: 8\.\.1M'
refused "a range of one" 2 "the range is empty" "${compare[@]}" -P n=8..8 "${work[@]}"
refused "factors from 0" 2 "from 0 upwards" "${compare[@]}" -P n=0..64:log "${work[@]}"
refused "two ranges" 2 "a range of -P beside several values of another" \
	"${compare[@]}" -P n=8..64 -P m=1..2 "${work[@]}"
refused "a range beside a list" 2 "a range of -P beside several values of another" \
	"${compare[@]}" -P n=8..64 -P m=1,2 "${work[@]}"
refused "a condition" 2 "fail-if beside a range of -P" \
	"${compare[@]}" -P n=8..64 --fail-if 'jemalloc slower 5%' "${work[@]}"
refused "a precision" 2 "precision beside a range of -P" "${compare[@]}" -P n=8..64 --precision 5 "${work[@]}"
refused "a range to be tuned" 2 "several values of a -P" "$MADVISOR" tune -P n=8..64 "${work[@]}"

# What is no range is a value, as before: a list, and a path.
run "${compare[@]}" --contenders self --rounds 1 -P n=8,16 -P m=../x --quiet --json "$tmp/r.json" "${work[@]}" 1
is "lists are as they were, and two dots in a path" "$status $(python3 -c 'import json, sys
r = json.load(open(sys.argv[1]))
print([c["name"] for c in r["cases"]], "sweep" in r)' "$tmp/r.json")" \
	"0 ['command/n=8/m=../x', 'command/n=16/m=../x'] False"

# A glibc that maps what is larger than 128 KiB faults each page of it each time; one that does not never does.
run env COLUMNS=80 "${compare[@]}" -P n=64K..256K -P times=300 --budget 30 \
	--contenders 'glibc[mmap_threshold=64M,trim_threshold=1G]' \
	--baseline 'glibc[mmap_threshold=128K,trim_threshold=1G]' \
	--json "$tmp/r.json" --export-hyperfine "$tmp/h.json" --csv "$tmp/r.csv" --html "$tmp/r.html" \
	"${work[@]}" '{times}'
is "a sweep succeeds" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "it is of the number, in bytes as it was typed with units" \
	"$(query 's["parameter"], s["unit"], s["low"], s["high"], s["logarithmic"], s["rounds"]')" \
	"('n', 'bytes', 65536, 262144, False, 3)"
is "the threshold is found to the byte, and named" \
	"$(query '[(c["low"], c["high"], c["threshold"]["name"]) for c in cliffs if "minor_faults" in c["by"]]')" \
	"[(131048, 131049, 'mmap_threshold')]"
is "it is the baseline's, by its time too" \
	"$(query '["128K" in c["contender"] and c["time_change"] > 1.2 for c in cliffs if "wall_ns" in c["by"]]')" "[True]"
is "with a page fault for each page" \
	"$(query '[6000 <= c["faults_high"] <= 11000 and c["faults_low"] < 300 for c in cliffs if c["low"] == 131048]')" "[True]"
is "cases are named by it" \
	"$(query '[c["name"] for c in r["cases"]] == ["command/n=%d/times=300" % n for n in
	sorted(p["value"] for c in r["cases"] for p in c["parameters"] if p["name"] == "n")]')" True
is "each ran with its number" \
	"$(query 'all(("%s 300" % c["name"].split("=")[1].split("/")[0]) in c["description"] for c in r["cases"])')" True
jump_written n 3

# A count, on a linear axis, by a figure that the program prints.
run "${compare[@]}" -P n=1..4 --rounds 2 --contenders self,glibc --metric 'x=([0-9]+)' --json "$tmp/r.json" -- echo '{n}00'
is "a sweep of a count, by a metric" \
	"$status $(query 's["unit"], s["logarithmic"], s["cliffs"], [x["metrics"]["custom"] for x in r["runs"]][:1] != [None]')" \
	"0 (None, False, [], True)"
is "has every value" "$(query '[c["name"] for c in r["cases"]]')" \
	"['command/n=1', 'command/n=2', 'command/n=3', 'command/n=4']"
is "two builds are swept as well" "$("${compare[@]}" -P n=1..3 --rounds 2 --quiet --json "$tmp/r.json" \
	--baseline-build "$tmp/blocks" "${work[@]}" >"$tmp/out" 2>"$tmp/err"; echo $?) $(query '[c["name"] for c in r["contenders"]]')" \
	"0 ['old', 'new', 'old:twin']"

# What was measured is kept.
"${compare[@]}" -P n=1..1M --contenders self,glibc --budget 300 --json "$tmp/r.json" "${work[@]}" 10 >"$tmp/out" 2>"$tmp/err" &
pid=$!
for ((i = 0; i < 600; i++)); do
	grep -qs '"run"' "$XDG_STATE_HOME"/madvisor/*.jsonl && break
	sleep 0.1
done
kill -INT "$pid"
wait "$pid"
is "an interrupted sweep exits with 130" "$?" 130
is "and is saved as partial" "$(query 'r["partial"], len(r["runs"]) > 0, r["command"]["stopped"]')" "(True, True, 'interrupted')"
check "and leaves no process" gone_soon
finish
