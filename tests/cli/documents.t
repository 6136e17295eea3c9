# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# --format json of list, doctor and identify: well-formed, what the tables say, and as docs/list-schema.md has it.
. "$(dirname "$0")/../lib/tap.sh"

source=$MADVISOR_SOURCE
cat >"$tmp/see.py" <<'END2'
"""Prints what an expression makes of the document d."""
import json, sys
d = json.load(open(sys.argv[1]))
print(eval(sys.argv[2]))
END2
see() { python3 "$tmp/see.py" "$tmp/out" "$1"; }
# document NAME SCHEMA CMD…: prints one well-formed document of ASCII, and nothing else anywhere
document()
{
	local name=$1 schema=$2
	shift 2
	run "$@" --format json
	is "$name: exit status" "$status" 0
	is "$name: nothing on standard error" "$err" ""
	check "$name: python3 reads it" python3 -m json.tool "$tmp/out" "$tmp/tool"
	is "$name: its schema" "$(see 'd["schema"]')" "$schema"
	is "$name: who wrote it" "$(see '" ".join(d["tool"].values())')" "$("$MADVISOR" --version | head -n 1)"
	is "$name: all of it is printable ASCII" "$(LC_ALL=C grep -c '[^ -~]' "$tmp/out")" 0
}

for list in allocators cases settings probes; do
	document "list $list" madvisor.list/1 "$MADVISOR" list $list
	is "list $list: says which" "$(see 'd["list"]')" $list
	key=$(see 'list(d["rows"][0])[1 if d["list"] == "settings" else 0]')
	is "list $list: the rows are those of --names" \
		"$(see "'\n'.join(r['$key'] for r in d['rows'] if r.get('state') in (None, 'works', 'untried'))")" \
		"$("$MADVISOR" list $list --names)"
	for key in $(see '" ".join(d["rows"][0])'); do
		check "list $list: $key is described" grep -q "^| .$list. |.*\`$key\`" "$source/docs/list-schema.md"
	done
	# Every cell stands in the table, in its order; a null is a dash.
	see '"\n".join(" ".join("-" if v is None else v for v in r.values()) for r in d["rows"])' >"$tmp/cells"
	"$MADVISOR" list $list | sed 1d >"$tmp/table"
	is "list $list: the cells are those of the table" "$(tr -s ' ' <"$tmp/cells")" \
		"$(tr -s ' ' <"$tmp/table" | sed 's/ *$//')"
done
is "a library and its proof are there" "$(MADVISOR_ALLOCATOR_PATH='' "$MADVISOR" list allocators --format json >"$tmp/out"; see \
	'[r["state"] for r in d["rows"] if r["name"] == "glibc"][0]')" works

document "list settings of one" madvisor.list/1 "$MADVISOR" list settings mimalloc
is "only its own are there" "$(see '{r["allocator"] for r in d["rows"]}')" "{'mimalloc'}"
is "and all of them" "$(see 'len(d["rows"])')" "$("$MADVISOR" list settings | grep -c '^mimalloc ')"
refused "an allocator that there is not" 2 'did you mean jemalloc\?' "$MADVISOR" list settings jemaloc
run "$MADVISOR" list cases glibc
is "no other list takes a name" "$status" 2

document doctor madvisor.doctor/1 "$MADVISOR" doctor
is "doctor: it can measure" "$(see 'd["can_measure"]')" True
for section in probes kernel steadiness memory allocators; do
	check "doctor: it has $section" test "$(see "len(d['$section'])")" -gt 0
	check "doctor: $section is described" grep -q "\`$section\`" "$source/docs/list-schema.md"
done
is "doctor: rows have the same keys" "$(see '{tuple(r) for v in d.values() if isinstance(v, list) for r in v}')" \
	"{('state', 'what', 'found', 'remedy')}"
is "doctor: states are words or null" \
	"$(see '{r["state"] for v in d.values() if isinstance(v, list) for r in v} - {"ok", "partly", "no", None}')" "set()"
is "doctor: every probe of the ladder is there" "$(see '" ".join(r["what"] for r in d["probes"])' | grep -oE '\b(bpf|perf|ptrace|rusage)\b' |
	sort -u | tr '\n' ' ')" "bpf perf ptrace rusage "
cp "$MADVISOR" "$tmp/madvisor-alone"
run "$tmp/madvisor-alone" doctor --format json
is "doctor, where nothing can be measured: exit status" "$status" 4
is "and the document says so" "$(see 'd["can_measure"]')" False
like "with the remedy" "$err" 'hint:'

# A name that would end a text, act on a terminal, or is no UTF-8.
name=$tmp/$'a"},\n\033[31m{\xff'
cp /bin/true "$name"
document identify madvisor.identify/1 "$MADVISOR" identify "$name"
is "identify: the name, as it is but for what is no UTF-8" "$(see 'd["targets"][0]["target"].rpartition("/")[2] == "a\"},\n\x1b[31m{\\xff"')" True
run "$MADVISOR" identify --json - "$name"
cp "$tmp/out" "$tmp/other"
run "$MADVISOR" identify --format json "$name"
check "identify: --json - is the same" cmp "$tmp/out" "$tmp/other"
run "$MADVISOR" identify --format text /bin/true
like "--format text is the default" "$out" '^/bin/true: '
refused "no other format" 2 "no such format: --format 'xml'" "$MADVISOR" list cases --format xml
run "$MADVISOR" list cases --names --format json
is "names alone are no document" "$status" 2
run "$MADVISOR" identify --json "$tmp/x" --format json /bin/true
is "one document, one place" "$status" 2
finish
