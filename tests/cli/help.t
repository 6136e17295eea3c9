# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the program says of itself, and what it says to a command line that makes no sense.
. "$(dirname "$0")/../lib/tap.sh"

run "$MADVISOR" --version
like "the version is printed" "$out" '^madvisor [0-9]+\.[0-9]+\.[0-9]+$'
is "with exit status 0" "$status" 0

like "with the commit" "$out" '^commit: +([0-9a-f]{7,}|unknown)'
like "and what was built in" "$out" '^features: [+-]bpf [+-]stacks$'
version=$out
run "$MADVISOR" version
is "version says the same" "$out" "$version"

run "$MADVISOR" --help
is "--help exits with 0" "$status" 0
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$out")
check "--help lists commands" test -n "$commands"
for command in $commands; do
	run "$MADVISOR" "$command" --help
	is "$command --help exits with 0" "$status" 0
	like "$command --help shows its usage" "$out" "^Usage: madvisor $command"
	run "$MADVISOR" "$command" -h
	like "$command -h shows it too" "$out" "^Usage: madvisor $command"
	run "$MADVISOR" help "$command"
	like "help $command says the same" "$out" "^Usage: madvisor $command"
	run "$MADVISOR" "$command" --no-such-option
	is "$command refuses an unknown option" "$status" 2
done

run "$MADVISOR"
is "no command is a usage error" "$status" 2
like "and shows the commands" "$err" 'bench'
# A slip of the finger must not start minutes of measuring.
for line in 'bench --contender glibc' 'bench --round=5' 'compare --contender self -- true' 'compare --rou 5 -- true' \
	'explain --prob rusage -- true' 'tune --budge 10 -- true' 'identify --al' 'doctor --hel' 'report --jso -'; do
	read -r -a words <<<"$line"
	refused "an abbreviated option is refused: $line" 2 "no such option: ${words[1]}" "$MADVISOR" "${words[@]}"
	like "with the whole name: $line" "$err" "did you mean ${words[1]%%=*}[a-z-]+\?"
done
# A mistyped name is answered with the one that was meant.
while IFS='|' read -r line regex; do
	read -r -a words <<<"$line"
	refused "a slip is answered: $line" 2 "$regex" "$MADVISOR" "${words[@]}"
done <<'END'
comapre -- true|did you mean compare\?
list probs|did you mean probes\?
bench --buget 10|did you mean --budget\?
bench --suite qiuck|did you mean quick\?
bench mpsc/8/sender=1|did you mean
bench --contenders jemaloc|did you mean jemalloc\?
bench --contenders glibc[arena_mx=1]|did you mean arena_max\?
END
run "$MADVISOR" compare --help
like "compare names its own baseline" "$out" '--baseline=NAME +what the others are compared with \(self'
run "$MADVISOR" bench --help
like "bench names another" "$out" '--baseline=NAME +what the others are compared with \(glibc\)'
# As hyperfine's.
run "$MADVISOR" compare --progress never --probe rusage -r 2 -w 1 -n 'my job' --contenders self --json - -- true
is "compare takes -r, -w and -n" "$(python3 -c 'import json, sys; r = json.load(sys.stdin)
print(r["command"]["rounds_planned"], r["cases"][0]["name"])' <<<"$out")" "2 my job"
# Before a run that takes long, and with --progress always before any: what will run. In a log, nothing of what is over soon.
run "$MADVISOR" compare --progress always --probe rusage -r 2 --contenders self -- true
like "what will run is said before" "$err" '^madvisor: 2 rounds of [0-9]+ runs?: about [0-9ms]+$'
# meson test sets it, and it has a note of its own.
run env -u MALLOC_PERTURB_ "$MADVISOR" compare --probe rusage -r 2 --contenders self -- true
is "but not of what is short, nor how far it is" "$(grep -v '^saved: ' <<<"$err")" ""
refused "a name of two lines" 2 "not a name" "$MADVISOR" compare -n "a
b" -- true
run "$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self -- sh -c 'echo "$1" >&2' sh --round
is "words of the command are its own" "$status" 0

refused "an unknown command is refused" 2 "no such command: frobnicate" "$MADVISOR" frobnicate

run sh -c "\"$MADVISOR\" --help >/dev/full"
check "a full standard output is an error" test "$status" -ne 0
like "that is said" "$err" 'cannot write to standard output'
finish
