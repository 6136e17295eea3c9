# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Conditions are decided or undecided, and never pass because nothing was known.
. "$(dirname "$0")/../lib/tap.sh"

# A figure of its own for each contender, so that nothing here depends on times. `steps` is 10% more under the setting;
# `noise` is half as much and three times as much by turns under the setting: no chance decides it.
# The last line makes outputs differ from run to run, so that they are not compared.
cat >"$tmp/work" <<end
#!/bin/bash
case \${GLIBC_TUNABLES-} in
*arena_max*)
	echo "steps 1100"
	if rm "$tmp/turn" 2>/dev/null; then echo "noise 1000"; else
		: >"$tmp/turn"
		echo "noise 6000"
	fi
	;;
*)
	echo "steps 1000"
	echo "noise 2000"
	;;
esac
echo "process \$\$"
end
chmod +x "$tmp/work"
compare=("$MADVISOR" compare --progress never --probe rusage --quiet --contenders 'self[arena_max=2]')
by_steps=("${compare[@]}" --metric 'steps=steps ([0-9]+)')
by_noise=("${compare[@]}" --metric 'noise=noise ([0-9]+)')

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

run "${by_steps[@]}" --fail-if 'self[arena_max=2] slower 5%' --json "$tmp/r.json" --markdown "$tmp/r.md" -- "$tmp/work"
is "a condition that holds gives exit status 1" "$status" 1
like "the line says by which interval" "$err" \
	'--fail-if holds: self\[arena_max=2\] slower 5%: steps is 1\.100x that of self \(1\.100 to 1\.100, 5 rounds\): the whole interval is above 1\.05'
is "it measures until that is decided" "$(value 'd["command"]["stopped"], max(r["round"] for r in d["runs"])')" "('decided', 5)"
is "the document has the decision" \
	"$(value '[(g["condition"], g["decision"], g["contender"], g["metric"], g["beyond"], round(g["limit"], 9), round(g["ratio_low"], 9)) for g in d["gates"]]')" \
	"[('self[arena_max=2] slower 5%', 'holds', 'self[arena_max=2]', 'custom', 'above', 1.05, 1.1)]"
check "it is valid" python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$tmp/r.json" "$MADVISOR_SOURCE/docs/result.schema.json"
like "so has the Markdown" "$(cat "$tmp/r.md")" 'holds: self'
run "$MADVISOR" report "$tmp/r.json"
like "and the report of the saved result" "$out" '^Conditions'
like "with the same words" "$(tr -s ' \n' ' ' <<<"$out")" 'holds: self\[arena_max=2\] slower 5%: steps is 1\.100x that of self'

run "${by_steps[@]}" --fail-if 'self[arena_max=2] slower 15%' -- "$tmp/work"
is "one that surely does not hold gives 0" "$status" 0
like "and is said" "$err" 'does not hold: .*the whole interval is below 1\.15'
run "${by_steps[@]}" --fail-if 'self[arena_max=2] faster' --fail-if-unclear -- "$tmp/work"
is "without a figure the margin counts" "$status" 0
like "on the other side too" "$err" 'does not hold: .*the whole interval is above 0\.95'
run "${by_steps[@]}" --higher-is-better --fail-if 'self[arena_max=2] faster 5%' -- "$tmp/work"
is "where more is better, more is faster" "$status" 1

run "${by_noise[@]}" --rounds 6 --fail-if 'self[arena_max=2] slower 1%' --json "$tmp/r.json" -- "$tmp/work"
is "noise decides nothing: 0 unless asked" "$status" 0
like "it is said in words" "$err" 'undecided: self\[arena_max=2\] slower 1%: noise is .*: (1\.01 lies inside the interval|within the noise floor)'
is "all rounds were used" "$(value 'd["command"]["stopped"], max(r["round"] for r in d["runs"]), d["gates"][0]["decision"]')" "('rounds', 6, 'undecided')"
run "${by_noise[@]}" --rounds 6 --fail-if 'self[arena_max=2] slower 1%' --fail-if-unclear -- "$tmp/work"
is "5 where it is asked for" "$status" 5
run "${by_noise[@]}" --budget 2 --fail-if 'self[arena_max=2] slower 1%' --fail-if-unclear --json "$tmp/r.json" -- "$tmp/work"
is "a budget ends it as well" "$status" 5
like "the document says so" "$(value 'd["command"]["stopped"]')" '^(budget|rounds)$'
run "${by_noise[@]}" --rounds 6 --metric 'steps=steps ([0-9]+)' --fail-if-unclear --fail-if 'self[arena_max=2] slower 1%' \
	--fail-if 'self[arena_max=2] bigger 900%' -- "$tmp/work"
is "one undecided is enough for 5" "$status" 5
is "each has its line" "$(grep -c 'fail-if' <<<"$err")" 2
run "${by_steps[@]}" --rounds 6 --fail-if-unclear --fail-if 'self[arena_max=2] slower 5%' --fail-if 'self[arena_max=2] cheaper 90%' -- "$tmp/work"
is "one that holds goes before one that is undecided" "$status" 1
run "${by_steps[@]}" --rounds 1 --fail-if-unclear --fail-if 'self[arena_max=2] slower 5%' -- "$tmp/work"
is "a single round decides nothing" "$status" 5
like "and that is the reason given" "$err" 'undecided: .*too few rounds for an interval'

refused "nothing to be unclear about" 2 'without --fail-if' "${compare[@]}" --fail-if-unclear -- "$tmp/work"
refused "a condition on the baseline" 2 "names 'self', which the others are compared with" \
	"${compare[@]}" --fail-if 'self slower 5%' -- "$tmp/work"

# A contender that fails decides nothing, and the run does not wait for it.
cat >"$tmp/fails" <<'end'
#!/bin/bash
case ${GLIBC_TUNABLES-} in *arena_max*) exit 7 ;; esac
end
chmod +x "$tmp/fails"
run "${compare[@]}" --fail-if 'self[arena_max=2] slower 5%' --json "$tmp/r.json" -- "$tmp/fails"
is "a contender that fails is a failure of the target" "$status" 3
like "its condition is undecided" "$err" 'undecided: .*no figures of self\[arena_max=2\]'
is "five rounds, no more" "$(value 'max(r["round"] for r in d["runs"])')" 5

# A budget covers what is run before the rounds too, and what it cannot cover is said before they begin.
run "$MADVISOR" compare --progress never --probe rusage --contenders self --budget 1 --json "$tmp/r.json" -- sleep 0.4
is "a budget that is too short is no error" "$status" 0
like "it is said, with what it takes" "$err" \
	'note: --budget of 1\.00 s is too short: .* a round takes about .*; 2 rounds are run all the same, about .* in all; --budget [0-9]+ would give 5'
is "two rounds are run" "$(value 'd["command"]["stopped"], max(r["round"] for r in d["runs"])')" "('budget', 2)"
started=$(date +%s%N)
run "$MADVISOR" compare --progress never --probe rusage --contenders self --budget 6 --warmup 2 --json "$tmp/r.json" -- sleep 0.4
elapsed=$((($(date +%s%N) - started) / 1000000))
check "a budget that suffices is kept, with its warm-ups ($elapsed ms)" test "$elapsed" -lt 8000
unlike "and nothing is said" "$err" 'too short'

finish
