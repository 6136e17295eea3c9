# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What the program says of itself, and what it says to a command line that makes no sense.
. "$(dirname "$0")/../lib/tap.sh"

run "$MADVISOR" --version
like "the version is printed" "$out" '^madvisor [0-9]+\.[0-9]+\.[0-9]+$'
is "with exit status 0" "$status" 0

run "$MADVISOR" --help
is "--help exits with 0" "$status" 0
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$out")
check "--help lists commands" test -n "$commands"
for command in $commands; do
	run "$MADVISOR" "$command" --help
	is "$command --help exits with 0" "$status" 0
	like "$command --help shows its usage" "$out" "^Usage: madvisor $command"
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
run "$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self -- sh -c 'echo "$1" >&2' sh --round
is "words of the command are its own" "$status" 0

refused "an unknown command is refused" 2 "no such command: frobnicate" "$MADVISOR" frobnicate

run sh -c "\"$MADVISOR\" --help >/dev/full"
check "a full standard output is an error" test "$status" -ne 0
like "that is said" "$err" 'cannot write to standard output'
finish
