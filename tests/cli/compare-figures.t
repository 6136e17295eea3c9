# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What compare says of a command: times that fall into two groups.
. "$(dirname "$0")/../lib/tap.sh"

compare=("$MADVISOR" compare --progress never --probe rusage)

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

# Runs take 10 or 60 ms, in an order that repeats itself every four runs.
cat >"$tmp/two" <<'end'
#!/bin/sh
read -r count 2>/dev/null <"$0.count"
count=$(((count * 5 + 3) % 16))
echo $count >"$0.count"
[ $count -lt 8 ] && sleep 0.06
sleep 0.01
end
chmod +x "$tmp/two"
echo 1 >"$tmp/two.count"
run "${compare[@]}" --rounds 24 --contenders self --json "$tmp/r.json" --csv "$tmp/r.csv" -- "$tmp/two"
is "two modes end well" "$status" 0
modes='[s["modes"] for s in d["summaries"] if s["metric"] == "wall_ns" and s["contender"] == "self"][0]'
is "two modes are in the document" \
	"$(value "$modes is not None and 10e6 < $modes['low'] < $modes['border'] < $modes['high']")" True
is "with the number of runs of each" "$(value "$modes['low_runs'] + $modes['high_runs']")" 24
like "a median of two modes is marked" "$out" 'self +[0-9.]+ ms#'
like "and both are shown, with their shares" "$out" \
	'# two modes: self: [0-9.]+ ms in [0-9]+ of 24 runs \([0-9]+%\), [0-9.]+ ms in [0-9]+ \([0-9]+%\),'
like "in CSV too" "$(grep ',self,baseline,wall_ns,' "$tmp/r.csv")" ',[0-9.]+,[0-9.]+,[0-9]+,[0-9]+$'
run "$MADVISOR" report --markdown - "$tmp/r.json"
like "and in Markdown" "$out" '^\\# two modes: self: '

finish
