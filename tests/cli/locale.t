# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What is printed for people is in the character set of the locale: with LC_ALL=C it is ASCII, whoever named the file.
. "$(dirname "$0")/../lib/tap.sh"

mkdir -p "$tmp/bücher"
cp "$(type -P true)" "$tmp/bücher/größe"
escaped='b\\xc3\\xbccher'

# ascii NAME REGEX CMD…: prints ASCII alone on both outputs, and what the regex says.
ascii()
{
	local name=$1 regex=$2 beyond
	shift 2
	LC_ALL=C run "$@"
	like "$name" "$out$err" "$regex"
	beyond=$(LC_ALL=C grep -c "$(printf '[\200-\377]')" "$tmp/out" "$tmp/err" | tr '\n' ' ')
	is "$name: ASCII alone" "$beyond" "$tmp/out:0 $tmp/err:0 "
}

ascii "identify" "$escaped/gr" "$MADVISOR" identify "$tmp/bücher/größe"
like "its own dots are dots" "$out" 'key=value:\.\.\.'
ascii "an error" "$escaped/keine.json" "$MADVISOR" report "$tmp/bücher/keine.json"
ascii "progress, the report, where it was saved" "saved: .*$escaped.*[.]json" \
	env XDG_STATE_HOME="$tmp/bücher" "$MADVISOR" compare --progress always --rounds 1 --contenders self -- "$tmp/bücher/größe"
for topic in allocators cases settings probes; do
	ascii "list $topic" "^[A-Z]+ " "$MADVISOR" list "$topic"
done
for command in bench compare explain identify list doctor report; do
	ascii "$command --help" "Usage" "$MADVISOR" "$command" --help
done
run "$MADVISOR" identify "$tmp/bücher/größe"
like "where there is UTF-8, it is shown" "$out" "bücher/größe: "
finish
