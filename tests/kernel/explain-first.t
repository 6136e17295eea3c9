#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What madvisor explain proposes first, without a verification, for programs whose allocators give memory back and take it again
# (tests/targets/purge-kinds.c). Each mechanism needs a knob of its own; what is named first is set then, and has to take
# nine tenths, or what is said beside it, of the refaults away. docs/first-proposals.md has the times.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need python3
"$PROBE_RUN" bpf true >/dev/null 2>&1 || skip_all 'the bpf probe does not work here'
kinds=$TARGETS/purge-kinds

# The library of an allocator that is installed; nothing without it.
library() {
	local file
	for file in /usr/lib/*/"$1" /usr/lib64/"$1" /usr/lib/"$1"; do
		[ -e "$file" ] && printf '%s' "$file" && return
	done
}

# told EXPRESSION: of the document; f are the findings that propose something, m the figures.
told() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
m = d["runs"][0]["metrics"]
f = [x for x in d["findings"] if x["settings"]]
print(eval(sys.argv[2]))' "$scratch/e.json" "$1"
}

holds() {
	[ "$(told "$1")" = True ] || { told '[(x["id"], x["env"]) for x in f]'; cat "$scratch/out"; return 1; }
}

# explains ASSIGNMENT... COMMAND...
explains() {
	"$MADVISOR" explain --json "$scratch/e.json" -- env "$@" >"$scratch/out" 2>&1 || { cat "$scratch/out"; return 1; }
}

# first WHAT RULE PERCENT ASSIGNMENT... COMMAND...: the first proposal is of that rule, and leaves at most that part of the faults on
# pages that had been given away.
first() {
	local what=$1 rule=$2 left=$3 before proposal
	shift 3
	ok "$what is explained" explains "$@"
	ok '... as pages that come back' holds 'm["refaults"] >= 10000 and m["refaults"] >= 0.2 * m["minor_faults"]'
	ok "... by $rule first" holds "f and f[0][\"id\"] == \"$rule\""
	before=$(told 'm["refaults"]')
	mapfile -t proposal < <(told '"\n".join(f[0]["env"] if f else [])')
	# The last assignment of a variable counts: those of the program come before the proposal's.
	local assignments=()
	while [[ $1 == *=* ]]; do
		assignments+=("$1")
		shift
	done
	ok "... with ${proposal[*]}" explains "${assignments[@]}" "${proposal[@]}" "$@"
	ok "... at most $left% of them are left" holds "m[\"refaults\"] <= $left / 100 * $before"
}

first 'glibc, whose heap is trimmed a few times by much' brk-trim 10 "$kinds" some 9216 100
first 'glibc, whose large blocks are mapped and unmapped' mmap-threshold 10 "$kinds" one 40960 20
first 'glibc, whose threads give the ends of their heaps back' heap-shrink 10 "$kinds" crowd 256 6 128
jemalloc=$(library libjemalloc.so.2)
if [ -n "$jemalloc" ]; then
	first 'jemalloc, whose oversize extents go at once' dontneed-refaults 10 "LD_PRELOAD=$jemalloc" "$kinds" one 10240 60
	first 'jemalloc, whose free memory merges and is not cut' dontneed-refaults 10 "LD_PRELOAD=$jemalloc" "$kinds" waves 64 6 128
	first 'jemalloc with a short decay' dontneed-refaults 10 "LD_PRELOAD=$jemalloc" MALLOC_CONF=dirty_decay_ms:0 "$kinds" waves 64 6 128
fi
mimalloc=$(library libmimalloc.so.2.0)
if [ -n "$mimalloc" ]; then
	first 'mimalloc 2.0 without a delay' dontneed-refaults 50 "LD_PRELOAD=$mimalloc" MIMALLOC_DECOMMIT_DELAY=0 "$kinds" crowd 256 12 128
fi
tcmalloc=$(library libtcmalloc_minimal.so.4)
if [ -n "$tcmalloc" ]; then
	first 'tcmalloc, told to give back at once' dontneed-refaults 10 "LD_PRELOAD=$tcmalloc" TCMALLOC_AGGRESSIVE_DECOMMIT=1 "$kinds" waves 64 6 128
fi
done_testing
