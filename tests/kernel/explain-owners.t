#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Whose doing the kernel's work is: each program makes it work for one party alone, and explain must name that party, and
# propose a setting only where it is the allocator's. Counts are the programs' own; strace and perf check the rest of the counts
# in other tests.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need python3
need_bpf_probe

# explain NAME COMMAND...: the document is $scratch/NAME.json, the report $scratch/NAME.txt
explain() {
	local name=$1 status=0
	shift
	"$MADVISOR" explain --details --json "$scratch/$name.json" -- "$@" >"$scratch/$name.txt" 2>"$scratch/$name.err" || status=$?
	[ "$status" = 0 ] && return
	cat "$scratch/$name.txt" "$scratch/$name.err"
	return "$status"
}

# asked NAME EXPRESSION: of f, the findings by id; o, the owners' parts of the CPU time in percent; m, the metrics; ids
asked() {
	python3 - "$scratch/$1.json" "$2" <<'END' || { sed -n '/^Kernel time/,$p' "$scratch/$1.txt"; return 1; }
import json, re, sys
d = json.load(open(sys.argv[1]))
f = {x["id"]: x for x in d["findings"]}
ids = [x["id"] for x in d["findings"]]
m = d["runs"][0]["metrics"]
o = {x["owner"]: x["part_pct"] for x in d.get("owners", []) if x["metric"] == "cpu_ns"}
proposed = [s for x in d["findings"] for s in x["settings"]]
header = float(re.search(r"\((?:at least )?(\d+)% in the kernel", open(sys.argv[1][:-4] + "txt").read()).group(1))
if not eval(sys.argv[2]):
    sys.exit("%s\nids %s\nowners %s\nsettings %s" % (sys.argv[2], ids, o, proposed))
END
}

# blames PARTY FUNCTION [OWNER]: PARTY has most of it and a finding, which names FUNCTION; nothing is to be set.
blames() {
	explain "$1" "$TARGETS/whose-doing" "$1" || return
	asked "$1" "'$1' in ids and not proposed" &&
		asked "$1" "o['${3:-$1}'] > 0.7 * sum(o.values())" &&
		asked "$1" "'$2' in f['$1']['text']"
}

ok "the program's own mapping is its own" blames own-mapping map_and_unmap
ok '... its refaults are all told' asked own-mapping 'm["refaults_munmap"] > 300000'
ok 'stacks of threads are the C library'"'"'s' blames thread-stacks touch_stack
ok 'malloc_trim() is the program'"'"'s' blames program-trim trim
ok 'copies after a fork are the fork'"'"'s' blames fork-copies 'fork had left shared'
ok '... all of them are counted' asked fork-copies '5 * 32768 <= m["cow_faults"] < 5 * 32768 + 2000'
ok 'a mapped file is no memory of an allocator' blames file-mappings map_and_unmap files

by_allocator() {
	explain allocator "$TARGETS/whose-doing" allocator &&
		asked allocator "'mmap-threshold' in ids and len(proposed) == 2" &&
		asked allocator "o['allocator'] > 0.8 * sum(o.values())"
}
ok 'what the allocator maps is its own, and can be set' by_allocator

only_grows() {
	explain growth "$TARGETS/whose-doing" growth &&
		asked growth "not {'brk-trim', 'mmap-threshold', 'heap-shrink'} & set(ids)" &&
		asked growth "o['allocator'] > 0.8 * sum(o.values())" &&
		asked growth "m['brk_shrink_calls'] == 0 and m['brk_calls'] > 1000"
}
ok 'growth is no give and take' only_grows

starts() {
	# shellcheck disable=SC2016
	explain exec sh -c 'i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i + 1)); done' || return
	asked exec "'exec' in ids and not proposed" &&
		asked exec "500 <= m['exec_calls'] < 520 and 500 <= m['fork_calls'] < 520" &&
		asked exec "o['exec'] + o.get('fork-copies', 0) > 0.7 * sum(o.values())"
}
ok 'starting programs is the loader'"'"'s and the kernel'"'"'s' starts

python_loops() {
	explain python python3 -c 'import json
text = json.dumps([{"a": i, "b": [i] * 5} for i in range(20000)])
for i in range(30): json.loads(text)' || return
	asked python "not {'brk-trim', 'mmap-threshold', 'heap-shrink'} & set(ids) or not proposed"
}
ok 'arenas of CPython are its own' python_loops

# The sum over the owners is that of the table, and no more than what the header says that the kernel took, within the error of
# the faults' time.
adds_up() {
	local calls='"madvise_dontneed_ns madvise_free_ns mmap_ns munmap_ns mremap_ns brk_ns mprotect_ns exec_ns fork_ns".split()'
	asked "$1" "abs(sum(o.values()) * (m['cpu_ns'] - m['observer_ns']) / 100 - m['fault_ns'] - sum(m[k] for k in $calls)) < 0.02 * m['cpu_ns']" &&
		asked "$1" "header >= sum(o.values()) - 1 - 100 * m['fault_error_ns'] / (m['cpu_ns'] - m['observer_ns'])"
}
for name in own-mapping thread-stacks program-trim allocator growth exec; do
	ok "the parts of $name add up" adds_up "$name"
done
done_testing
