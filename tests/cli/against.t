# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A result against an earlier one: ratios with ratios, and only of what is comparable.
. "$(dirname "$0")/../lib/tap.sh"

# A figure that the setting raises by 10%, with nothing random in it; FACTOR and BASE make another session of it. The line
# above it differs each time, so that the output is not held against the baseline's.
cat >"$tmp/work" <<'end'
#!/bin/bash
echo "process $$"
case ${GLIBC_TUNABLES-} in
*arena_max*) echo "steps $((1100 * FACTOR))" ;;
*) echo "steps $((1000 * ${BASE:-1}))" ;;
esac
end
chmod +x "$tmp/work"
measure()
{
	"$MADVISOR" compare --progress never --probe rusage --rounds 8 --quiet --metric 'steps=steps ([0-9]+)' \
		--contenders 'self[arena_max=2]' --json "$tmp/$1" -- "$tmp/work" || diagnose "not measured: $1"
}
# As on another machine, kernel, …: the JSON with one line of Python run on it.
changed()
{
	python3 - "$tmp/early.json" "$tmp/changed.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		exec(sys.argv[3])
		json.dump(d, open(sys.argv[2], "w"))
	end
}
words() { tr -s ' \n' ' ' <<<"$out"; }

export FACTOR=1
measure early.json
measure same.json
FACTOR=2 measure twice.json
FACTOR=3 BASE=3 measure elsewhere.json

run "$MADVISOR" report "$tmp/same.json" --against "$tmp/early.json"
is "two sessions of the same" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
like "it says against which" "$out" '^Against the result of 20'
like "ratios are compared: no change" "$(words)" 'self\[arena_max=2\] 1\.10x 1\.10x 1\.00x 1\.00.1\.00 tie'
like "it says what it cannot tell" "$(words)" 'What else has changed between the sessions .* can change them too; `compare --baseline-build` measures two builds in one session'
run "$MADVISOR" report "$tmp/twice.json" --against "$tmp/early.json"
like "one that takes twice as much" "$(words)" '2\.20x 1\.10x 2\.00x 2\.00.2\.00 slower'

# All of the session slower by as much: the ratio is the same, and the baseline's own figure comes with a warning.
run "$MADVISOR" report "$tmp/elsewhere.json" --against "$tmp/early.json"
like "a slower session is no slower contender" "$(words)" '1\.10x 1\.10x 1\.00x 1\.00.1\.00 tie'
like "the absolute figure has a word of warning" "$(words)" 'self alone: 3\.00x its earlier steps\. That is the machine.s doing as well'

run "$MADVISOR" report "$tmp/twice.json" --against "$tmp/early.json" --fail-if 'self[arena_max=2] slower 50%' --markdown "$tmp/r.md"
is "--fail-if is about the change" "$status" 1
like "and says so" "$(words)" 'holds: self\[arena_max=2\] slower 50%: the ratio of steps to self is 2\.000x the earlier one'
like "in Markdown too" "$(cat "$tmp/r.md")" 'Against the result of'
run "$MADVISOR" report "$tmp/same.json" --against "$tmp/early.json" --fail-if 'self[arena_max=2] slower 5%' --fail-if-unclear
is "a change that there is not" "$status" 0
run "$MADVISOR" report "$tmp/same.json" --fail-if 'self[arena_max=2] slower 5%'
is "without an earlier result it is about the result itself" "$status" 1
run "$MADVISOR" report "$tmp/same.json" --fail-if 'self[arena_max=2] slower 10.5%' --fail-if-unclear
is "where the limit is just above, it does not hold" "$status" 0

# What is not comparable.
refuse()
{
	changed "$2"
	refused "another $1" 2 "the earlier result is of another $1 \\($3" \
		"$MADVISOR" report "$tmp/same.json" --against "$tmp/changed.json"
	like "the hint says how to compare all the same" "$err" "--despite $1"
	run "$MADVISOR" report "$tmp/same.json" --against "$tmp/changed.json" --despite "$1"
	is "which does" "$status" 0
	like "and says so in the report" "$(words)" "compared all the same, by --despite: it is of another $1"
}
refuse machine 'd["host"]["cpu_model"] = "Z80"' 'CPU: .*, was Z80'
refuse kernel 'd["host"]["kernel"] = "2.6.32"' 'kernel: .*, was 2\.6\.32'
refuse allocator 'd["contenders"][0]["version"] = "2.11"' 'self: glibc .*, was glibc 2\.11'
refuse command 'd["cases"][0]["description"] = "true"' 'command: .*work, was true'
changed 'd["host"]["kernel"] = "2.6.32"; d["host"]["cpus"] = 99'
refused "one of two differences allowed" 2 'another kernel' "$MADVISOR" report "$tmp/same.json" --against "$tmp/changed.json" --despite machine
run "$MADVISOR" report "$tmp/same.json" --against "$tmp/changed.json" --despite machine,kernel
is "both allowed" "$status" 0

changed 'd["cases"][0]["name"] = "other"; [r.update(case="other") for k in ("runs", "summaries", "findings") for r in d[k]]'
refused "nothing in common" 2 'no contender of the same name in a case' "$MADVISOR" report "$tmp/same.json" --against "$tmp/changed.json"
run "$MADVISOR" report "$tmp/same.json" --against "$tmp/early.json" --despite weather
is "an unknown difference" "$status" 2
refused "--despite alone" 2 'without --against' "$MADVISOR" report "$tmp/same.json" --despite kernel
refused "an earlier result that is not there" 2 'cannot read' "$MADVISOR" report "$tmp/same.json" --against "$tmp/none.json"

finish
