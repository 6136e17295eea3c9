# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Version managers put a shim before the program: the file behind it is what is looked at and measured.
. "$(dirname "$0")/../lib/tap.sh"

# What runs this test may have been started by a shim, which says to its children which version it chose.
unset "${!PYENV@}" "${!RBENV@}" "${!NODENV@}" "${!GOENV@}" "${!JENV@}" "${!PLENV@}" "${!ASDF@}" RUSTUP_TOOLCHAIN

"${CC:-cc}" -x c -o "$tmp/program" - <<<'int main(void) { return 0; }' || skip_all "no C compiler"
compare=("$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self --json "$tmp/r.json")

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

# install FILE: the program under a name
install_program()
{
	mkdir -p "${1%/*}"
	cp "$tmp/program" "$1"
}

# pyenv: a script in shims/, and versions/NAME/bin. It says so if it runs.
pyenv=$HOME/.pyenv
mkdir -p "$pyenv/shims" "$tmp/project/below"
cat >"$pyenv/shims/snake" <<end
#!/usr/bin/env bash
set -e
program="\${0##*/}"
export PYENV_ROOT="$pyenv"
touch "$tmp/shim-ran"
exec "$pyenv/libexec/pyenv" exec "\$program" "\$@"
end
chmod +x "$pyenv/shims/snake"
for version in 3.9.2 3.11.7 3.11.12; do
	install_program "$pyenv/versions/$version/bin/snake"
done
install_program "$tmp/system/snake"
echo 3.9.2 >"$pyenv/version"
export PATH=$pyenv/shims:$tmp/system:$PATH
cd "$tmp/project/below" || exit 1

run "$MADVISOR" identify snake
like "pyenv's global version is followed" "$out" 'snake is pyenv.s shim of .*/versions/3\.9\.2/bin/snake'
like "and its heap is the program's, not bash's" "$out" 'snake: glibc.*own'
echo '3.11  # the latest' >"$tmp/project/.python-version"
run "${compare[@]}" -- snake
is "compare runs" "$status" 0
is "the nearest .python-version counts, and a prefix is the latest of its kind" "$(value 'd["notes"][0]')" \
	"snake is pyenv's shim of $pyenv/versions/3.11.12/bin/snake: that is measured"
like "said in the report" "$out" 'snake is pyenv.s shim of'
check "nothing of the shim ran" test ! -e "$tmp/shim-ran"
is "what was typed stays in the document" "$(value 'd["command"]["argv"][-1]')" snake
PYENV_VERSION=3.11.7 run "$MADVISOR" identify snake
like "PYENV_VERSION counts before files" "$out" 'versions/3\.11\.7/bin'
PYENV_VERSION=system run "$MADVISOR" identify snake
like "system is the next in PATH" "$out" "shim of $tmp/system/snake"
PYENV_VERSION=4.0 run "$MADVISOR" identify snake
unlike "a version that is not there is left to the shim" "$out" 'shim of'
PYENV_VERSION=../../../system run "$MADVISOR" identify snake
unlike "a version stays below its folder" "$out" 'shim of'
printf '#!/usr/bin/env snake\n' >"$tmp/script"
chmod +x "$tmp/script"
run "$MADVISOR" identify "$tmp/script"
like "an interpreter's shim is followed, and said" "$out" 'its interpreter snake is pyenv.s shim of'
rm "$tmp/project/.python-version"
mkfifo "$tmp/project/.python-version"
run timeout 20 "$MADVISOR" identify snake
like "a pipe in place of a version file blocks nothing" "$out" 'versions/3\.9\.2/bin'
rm "$tmp/project/.python-version"

# rbenv is of the same make.
rbenv=$HOME/.rbenv
mkdir -p "$rbenv/shims"
printf '#!/usr/bin/env bash\nexec "%s/libexec/rbenv" exec "$program" "$@"\n' "$rbenv" >"$rbenv/shims/gem-stone"
chmod +x "$rbenv/shims/gem-stone"
install_program "$rbenv/versions/3.2.1/bin/gem-stone"
echo ruby-3.2.1 >.ruby-version
run "$MADVISOR" identify "$rbenv/shims/gem-stone"
like "rbenv's too" "$out" 'gem-stone is rbenv.s shim of .*/3\.2\.1/bin/gem-stone'

# asdf: the shim names plugins, .tool-versions their versions.
asdf=$HOME/.asdf
mkdir -p "$asdf/shims"
printf '#!/usr/bin/env bash\n# asdf-plugin: node-js 20.1.0\nexec asdf exec "knot" "$@"\n' >"$asdf/shims/knot"
chmod +x "$asdf/shims/knot"
install_program "$asdf/installs/node-js/20.1.0/bin/knot"
install_program "$asdf/installs/node-js/18.0.0/bin/knot"
echo 'node-js 20.1.0' >"$HOME/.tool-versions"
run "$MADVISOR" identify "$asdf/shims/knot"
like "asdf's too" "$out" 'knot is asdf.s shim of .*/node-js/20\.1\.0/bin/knot'
ASDF_NODE_JS_VERSION=18.0.0 run "$MADVISOR" identify "$asdf/shims/knot"
like "with its variable" "$out" '18\.0\.0/bin/knot'

# nvm has none: its shell functions put the folder of a version into PATH, and the program in it is the real one.
nvm=$HOME/.nvm/versions/node/v20.11.0/bin
install_program "$nvm/knit"
PATH=$nvm:$PATH run "${compare[@]}" -- knit
is "a program of nvm's is the real one" "$status $(value '[n for n in d["notes"] if "shim" in n]')" "0 []"
PATH=$nvm:$PATH run "$MADVISOR" identify knit
like "and is identified as such" "$out" '^knit: glibc'

# rustup: links to it under the names of programs.
export RUSTUP_HOME=$HOME/.rustup
install_program "$HOME/.cargo/bin/rustup"
ln -s rustup "$HOME/.cargo/bin/rustc"
host=x86_64-unknown-linux-gnu
for toolchain in stable nightly-2025-01-01; do
	install_program "$RUSTUP_HOME/toolchains/$toolchain-$host/bin/rustc"
done
printf 'default_toolchain = "stable-%s"\n[overrides]\n' $host >"$RUSTUP_HOME/settings.toml"
run "$MADVISOR" identify "$HOME/.cargo/bin/rustc"
like "rustup's default toolchain is followed" "$out" "rustc is rustup.s shim of .*/stable-$host/bin/rustc"
printf '[toolchain]\nchannel = "nightly-2025-01-01"\n' >"$tmp/project/rust-toolchain.toml"
run "$MADVISOR" identify "$HOME/.cargo/bin/rustc"
like "rust-toolchain.toml counts before it" "$out" "/nightly-2025-01-01-$host/bin/rustc"
printf '[overrides]\n"%s" = "stable"\n' "$tmp/project" >"$RUSTUP_HOME/settings.toml"
run "$MADVISOR" identify "$HOME/.cargo/bin/rustc"
like "an override counts before that" "$out" "/stable-$host/bin/rustc"
RUSTUP_TOOLCHAIN=nightly-2025-01-01 run "$MADVISOR" identify "$HOME/.cargo/bin/rustc"
like "RUSTUP_TOOLCHAIN before all" "$out" "/nightly-2025-01-01-$host/bin/rustc"
run "$MADVISOR" identify "$HOME/.cargo/bin/rustup"
unlike "rustup itself is no shim" "$out" 'shim of'
run "${compare[@]}" -- "$HOME/.cargo/bin/rustc" +nightly
is "rustc +TOOLCHAIN is left to rustup" "$(value '[n for n in d["notes"] if "shim" in n]')" '[]'

# A shim's files are read in a child that can do nothing else: a version file of any length, or a folder without end, costs little.
yes 3.9.2 | head -c 100000000 >"$tmp/project/.python-version"
run timeout 20 "$MADVISOR" identify snake
check "a version file of 100 MB ends in time" test "$status" = 0
rm "$tmp/project/.python-version"
if [ "$(id -u)" = 0 ]; then
	# Root looks at a shim of another user's: what that user may not read, it does not read for them.
	chmod 755 "$tmp" "$HOME" "$tmp/project" "$tmp/project/below"
	echo 3.11.7 >"$tmp/project/.python-version"
	chmod 600 "$tmp/project/.python-version"
	chown -R nobody "$pyenv"
	run "$MADVISOR" identify snake
	unlike "a user's shim is followed with that user's rights" "$out" '/versions/3\.11\.7/'
	chmod 644 "$tmp/project/.python-version"
	run "$MADVISOR" identify snake
	like "which suffice for what the user may read" "$out" '/versions/3\.11\.7/'
fi
finish
