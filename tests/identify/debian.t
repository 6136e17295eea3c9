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

# field JSON-PATH: of the first target in $out, "-" for null
field()
{
	python3 -c '
import json, sys
value = json.load(open(sys.argv[1]))["targets"][0]
for key in sys.argv[2].split("."):
    value = value[int(key)] if key.isdigit() else value[key]
print({None: "-", True: "yes", False: "no"}.get(value, value) if not isinstance(value, list)
      else ",".join(item["name"] for item in value) or "-")' "$tmp/answer.json" "$1"
}

# The file to which the loader binds malloc for the program or its libraries; nothing where it does not say.
bound_by_loader()
{
	local program=$1 arguments=$2
	# shellcheck disable=SC2086	# words
	(cd "$tmp" && HOME=$tmp LD_BIND_NOW=1 LD_DEBUG=bindings timeout 30 "$program" $arguments \
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
	if [ "$release $machine" = "debian 12 x86_64" ]; then
		found=$(field kind)/$(field heaps.0.allocator)/$(field heaps.0.how)
		found=$found/$(field heaps.0.env_var)/$(field preload_replaceable)/$(field layers)
		is "$program: as the table says" "$found" \
			"$kind/${allocator/unknown/-}/$how/$variable/$preload/$layer"
	fi
	[ "$kind" = dynamic ] && [ "$arguments" != - ] || continue
	[ "$preload" = yes ] || [ "$how" = linked-in ] || continue
	bound=$(bound_by_loader "$program" "$arguments")
	if [ -n "$bound" ]; then
		is "$program: as the loader binds malloc" "$(readlink -f "$(field heaps.0.object)")" "$bound"
	else
		echo "# the loader did not say where malloc of $program is bound"
	fi
done <"$table"
echo "# $installed programs are installed, $missing are not"
[ "$installed" -gt 0 ] || skip_all "none of the table's programs is installed"
finish
