# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The completion of each shell, asked as that shell asks it.
. "$(dirname "$0")/../lib/tap.sh"

# The scripts call madvisor by its name.
mkdir "$tmp/bin"
ln -s "$MADVISOR" "$tmp/bin/madvisor"
PATH=$tmp/bin:$PATH
case_names=$(madvisor list cases --names)
[ -n "$case_names" ] || diagnose "no cases"

# wanted SHELL: the same questions to every shell. ask_SHELL LINE prints what it offers for the last word, a line each.
wanted()
{
	like "$1: commands" "$("ask_$1" 'madvisor comp')" '^compare$'
	like "$1: and completion itself" "$("ask_$1" 'madvisor comp')" '^completion$'
	like "$1: options" "$("ask_$1" 'madvisor bench --su')" '^--suite'
	unlike "$1: of that command alone" "$("ask_$1" 'madvisor doctor --')" 'suite'
	like "$1: cases" "$("ask_$1" 'madvisor bench mpsc/8/')" '^mpsc/8/senders=1$'
	like "$1: suites" "$("ask_$1" 'madvisor bench --suite q')" '^quick$'
	like "$1: contenders" "$("ask_$1" 'madvisor bench --contenders gl')" 'glibc$'
	like "$1: the second of several" "$("ask_$1" 'madvisor bench --contenders mimalloc,gl')" 'glibc$'
	like "$1: settings in brackets" "$("ask_$1" 'madvisor compare --contenders glibc[arena_m')" 'arena_max$'
	like "$1: probes" "$("ask_$1" 'madvisor explain --probe rus')" '^rusage$'
	like "$1: lists" "$("ask_$1" 'madvisor list ca')" '^cases$'
	touch "$tmp/result.json"
	like "$1: files" "$(cd "$tmp" && "ask_$1" 'madvisor report res')" '^result.json$'
}

# shellcheck disable=SC2016 # the dollars are those of the shell that is asked
# As readline splits the line: '=' is a word of its own.
ask_bash()
{
	bash -c 'source <(madvisor completion bash)
	compopt() { :; }
	read -ra COMP_WORDS <<<"${1//=/ = }"
	[[ $1 == *" " ]] && COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	_madvisor
	printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}

# shellcheck disable=SC2016
ask_fish()
{
	fish --no-config -c 'madvisor completion fish | source
	complete -C $argv[1]' "$1" | cut -f 1
}

# On a terminal of its own, in which Tab is pressed: what compadd(1) is given and accepts.
ask_zsh()
{
	cat >"$tmp/ask.zsh" <<'END'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; source <(madvisor completion zsh); setopt noautolist nobeep'
zpty -w shell 'compadd() { local -a taken; builtin compadd -O taken "$@"; print -rl -- "taken "$^taken >>$ASK; builtin compadd "$@"; }; print ready >>$ASK'
for i in {1..100}; do grep -q ready $ASK 2>/dev/null && break; sleep 0.1; done
zpty -n -w shell "$1"$'\t'
for i in {1..100}; do sleep 0.1; zpty -r -t shell out; grep -q "^taken ." $ASK && break; done
zpty -d shell
END
	: >"$tmp/asked"
	# An open bracket is a pattern, unless it is quoted.
	ASK=$tmp/asked timeout 60 zsh -f "$tmp/ask.zsh" "${1/ glibc\[/ \'glibc[}" >/dev/null 2>&1
	sed -n 's/^taken //p' "$tmp/asked"
}

for shell in bash zsh fish; do
	run madvisor completion "$shell"
	is "$shell: there is a script" "$status" 0
	if ! type -P "$shell" >/dev/null; then
		skip "$shell: what it offers" "there is no $shell"
		continue
	fi
	check "$shell: it is one" "$shell" -n "$tmp/out"
	wanted "$shell"
done
refused "no shell" 2 "for which shell" madvisor completion
refused "another shell" 2 "no such shell: tcsh" madvisor completion tcsh
finish
