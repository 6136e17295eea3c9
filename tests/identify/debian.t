# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# The table tests/fixtures/identify/debian.tsv against the programs that are installed. Two tests of each: what
# the table says, on the release that it was made on; and on any release what the dynamic loader itself says,
# asked with LD_DEBUG=bindings to which file it binds malloc.
. "$(dirname "$0")/../lib/tap.sh"

table=$MADVISOR_SOURCE/tests/fixtures/identify/debian.tsv
release=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${VERSION_ID:-}")
machine=$(uname -m)

# What the document says of the first target, in the table's order and with its "-"; then the file that serves.
facts()
{
	python3 -c '
import json, sys
target = json.load(open(sys.argv[1]))["targets"][0]
heap = target["heaps"][0]
values = [target["kind"], heap["allocator"] or "unknown", heap["how"], heap["env_var"],
          {True: "yes", False: "no", None: None}[target["preload_replaceable"]],
          ",".join(layer["name"] for layer in target["layers"]) or None]
print("/".join(value or "-" for value in values), heap["object"] or "-", sep="\n")' "$tmp/answer.json"
}

# The file to which the loader binds malloc for the program or its libraries; nothing where it does not say.
bound_by_loader()
{
	local program=$1 arguments=$2
	# shellcheck disable=SC2086	# words
	(cd "$tmp" && timeout 30 env HOME="$tmp" LD_BIND_NOW=1 LD_DEBUG=bindings "$program" $arguments \
		</dev/null 2>&1) | grep -aoE "to [^ ]+ \[[0-9]+\]: normal symbol .malloc'" |
		cut -d ' ' -f 2 | sort -u | while read -r file; do
		# A program that takes malloc's address shows up as its own, without defining it.
		if LC_ALL=C readelf --dyn-syms -W "$file" | grep -qE ' (FUNC|IFUNC) .* [0-9]+ malloc(@|$)'; then
			readlink -f "$file"
		fi
	done
}

installed=0
missing=0
while IFS=$'\t' read -r glob package kind allocator how variable preload layer arguments _; do
	case $glob in '' | '#'*) continue ;; esac
	program=$(compgen -G "$glob" | head -n 1)
	if [ -z "$program" ] || [ ! -r "$program" ]; then
		missing=$((missing + 1))
		echo "# not installed: $glob ($package)"
		continue
	fi
	installed=$((installed + 1))
	run env -u LD_LIBRARY_PATH "$MADVISOR" identify --json "$tmp/answer.json" "$program"
	is "$program: identified" "$status" 0
	{ read -r found; read -r object; } < <(facts)
	if [ "$release $machine" = "debian 12 x86_64" ]; then
		is "$program: as the table says" "$found" \
			"$kind/$allocator/$how/$variable/$preload/$layer"
	fi
	[ "$kind" = dynamic ] && [ "$arguments" != - ] || continue
	[ "$preload" = yes ] || [ "$how" = linked-in ] || continue
	bound=$(bound_by_loader "$program" "$arguments")
	if [ -n "$bound" ]; then
		is "$program: as the loader binds malloc" "$(readlink -f "$object")" "$bound"
	else
		echo "# the loader did not say where malloc of $program is bound"
	fi
done <"$table"
echo "# $installed programs are installed, $missing are not"
[ "$installed" -gt 0 ] || skip_all "none of the table's programs is installed"
finish
