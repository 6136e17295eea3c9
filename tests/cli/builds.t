# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Two builds of a program: which is which, and each with its own arguments, allocator and output.
. "$(dirname "$0")/../lib/tap.sh"

compare=("$MADVISOR" compare --progress never --details --probe rusage --rounds 3)

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

# Each says how much it has done, and leaves a line in a log with its name and its arguments.
mkdir "$tmp/a" "$tmp/b"
for build in a b; do
	cat >"$tmp/$build/prog" <<-end
		#!/bin/sh
		echo "$build \$*" >>"$tmp/log"
		echo "steps \$(( ${#build} * 1000 + $([ $build = b ] && echo 100 || echo 0) ))"
	end
	chmod +x "$tmp/$build/prog"
done

run "${compare[@]}" --baseline-build "$tmp/a/prog" --json "$tmp/r.json" --metric 'steps=steps ([0-9]+)' \
	--fail-if 'new slower 5%' -- "$tmp/b/prog" --arg 'two words'
is "the new build is judged against the old one" "$status" 1
[ "$status" = 1 ] || diagnose "$err"
like "by name" "$err" 'holds: new slower 5%: steps is 1\.100x that of old'
is "the contenders are the builds" "$(value '[(c["name"], c["role"], c["build"]) for c in d["contenders"]]')" \
	"[('old', 'baseline', '$tmp/a/prog'), ('new', 'contender', '$tmp/b/prog'), ('old:twin', 'twin', '$tmp/a/prog')]"
is "nothing is injected" "$(value '[(c["library"], c["env"]) for c in d["contenders"]]')" "[(None, []), (None, []), (None, [])]"
is "each figure is of the build that it stands for" \
	"$(value 'sorted({(r["contender"], r["metrics"]["custom"]) for r in d["runs"]})')" \
	"[('new', 1100), ('old', 1000), ('old:twin', 1000)]"
is "both get the arguments, word by word" "$(sort -u "$tmp/log")" "a --arg two words
b --arg two words"
is "the command is shown for either" "$(value 'd["cases"][0]["description"]')" "{build} --arg 'two words'"
like "the report says which is which" "$(tr -s ' \n' ' ' <<<"$out")" "builds old: $tmp/a/prog \(baseline\), new: $tmp/b/prog"
like "another output is said" "$(value 'd["notes"]')" "new: its standard output differs from the baseline.s .*is it still the same work"
is "and nobody is withdrawn for it" "$(value '[c["withdrawn"] for c in d["contenders"]], [r["error"] for r in d["runs"] if r["error"]]')" \
	"([None, None, None], [])"
check "the document is valid" python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$tmp/r.json" "$MADVISOR_SOURCE/docs/result.schema.json"
run "$MADVISOR" report --details "$tmp/r.json"
like "the saved result says it again" "$out" "builds +old: $tmp/a/prog"

run "${compare[@]}" --baseline-build "$tmp/a/prog" --ignore-output --json "$tmp/r.json" -- "$tmp/b/prog"
is "outputs can be left alone" "$status $(value '[n for n in d["notes"] if "output" in n]')" '0 []'

# Where the builds differ in something else than the first word.
run "${compare[@]}" --baseline-build a --build b --json "$tmp/r.json" --metric 'steps=steps ([0-9]+)' \
	--prepare "echo prepare {build} >>$tmp/log2" -P n=1,2 -- sh "$tmp/{build}/prog" '{n}'
is "{build} stands for them" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "in every case" "$(value 'sorted({(r["case"], r["contender"], r["metrics"]["custom"]) for r in d["runs"] if "twin" not in r["contender"]})')" \
	"[('command/n=1', 'new', 1100), ('command/n=1', 'old', 1000), ('command/n=2', 'new', 1100), ('command/n=2', 'old', 1000)]"
is "in --prepare as well" "$(sort -u "$tmp/log2")" "prepare a
prepare b"
is "the builds are what stood for it" "$(value '[c["build"] for c in d["contenders"]]')" "['a', 'b', 'a']"
is "the command is shown with it" "$(value 'd["cases"][0]["description"]')" "sh '$tmp/{build}/prog' 1"

run "${compare[@]}" --shell sh --baseline-build a --build b --json "$tmp/r.json" --metric 'steps=([0-9]+)' -- "$tmp/{build}/prog | cat"
is "in a shell's line too" "$status $(value 'sorted({r["metrics"]["custom"] for r in d["runs"]})')" '0 [1000, 1100]'

# The allocator of each is its own.
cc=${CC:-cc}
echo 'int main(void) { return 0; }' >"$tmp/main.c"
if "$cc" -o "$tmp/dynamic" "$tmp/main.c" && "$cc" -static -o "$tmp/static" "$tmp/main.c" 2>/dev/null; then
	run "${compare[@]}" --baseline-build "$tmp/dynamic" --json "$tmp/r.json" -- "$tmp/static"
	is "a static build can be compared: nothing is preloaded" "$status" 0
	is "each with the C library's allocator, one of them linked in" "$(value '[c["how"] for c in d["contenders"][:2]]')" "['libc', 'libc']"
else
	skip "a static build can be compared" "no C compiler, or no static C library"
fi

# A build that fails.
printf '#!/bin/sh\nexit 3\n' >"$tmp/fails"
chmod +x "$tmp/fails"
run "${compare[@]}" --baseline-build "$tmp/a/prog" --fail-if 'new slower' --json "$tmp/r.json" -- "$tmp/fails"
is "a new build that fails is a failure of the target" "$status" 3
like "and its condition stays undecided" "$err" 'undecided: new slower: there are no figures of new'
refused "an old build that fails" 3 "$tmp/fails: " "${compare[@]}" --baseline-build "$tmp/fails" -- "$tmp/a/prog"
refused "an old build that is not there" 3 'no-such-build' "${compare[@]}" --baseline-build "$tmp/no-such-build" -- "$tmp/a/prog"
refused "allocators beside builds" 2 '--contenders and --baseline do not go with' \
	"${compare[@]}" --baseline-build "$tmp/a/prog" --contenders jemalloc -- "$tmp/b/prog"
refused "a new build alone" 2 '--build without --baseline-build' "${compare[@]}" --build b -- "$tmp/{build}/prog"
refused "{build} without the new one" 2 'without --build' "${compare[@]}" --baseline-build a -- "$tmp/{build}/prog"
refused "a new one without {build}" 2 'no \{build\} in the command' "${compare[@]}" --baseline-build a --build b -- "$tmp/a/prog"
refused "a shell's line without {build}" 2 'with --shell' "${compare[@]}" --shell sh --baseline-build "$tmp/a/prog" -- "$tmp/b/prog"
refused "a parameter of that name" 2 'parameter build' "${compare[@]}" --baseline-build a --build b -P build=1,2 -- "$tmp/{build}/prog"

finish
