#!/bin/bash
# SPDX-License-Identifier: MIT
#
# madvisor explain of programs that pay for one habit of their allocator each (tests/targets/allocator-habits.c): the habit
# is named first, with what helps against it.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need python3
"$PROBE_RUN" bpf true >/dev/null 2>&1 || skip_all 'the bpf probe does not work here'
habits=$TARGETS/allocator-habits

field() {
	python3 -c 'import json, os, sys
d = json.load(open(sys.argv[1]))
page = os.sysconf("SC_PAGESIZE")
m = d["runs"][0]["metrics"]
f = d["findings"]
ids = [x["id"] for x in f]
def first(id): return next((x for x in f if x["id"] == id), {"settings": [], "text": "", "predicted_gain_pct": None})
def sets(id): return [s["value"] for s in first(id)["settings"]]
print(eval(sys.argv[2]))' "$scratch/e.json" "$1"
}

# explains COMMAND...
explains() {
	"$MADVISOR" explain --json "$scratch/e.json" -- "$@" >"$scratch/out" 2>&1 || { cat "$scratch/out"; return 1; }
}

# holds EXPRESSION: true of the document.
holds() {
	[ "$(field "$1")" = True ] || { field 'ids'; cat "$scratch/out"; return 1; }
}

ok 'heaps of threads are explained' explains "$habits" arenas 2
ok '... mprotect is counted, a call for each block' holds 'm["mprotect_calls"] >= 10000'
ok '... as arena-growth, before any other habit' holds 'ids[:2] == ["kernel-tax", "arena-growth"]'
ok '... against which top_pad of a whole heap helps' holds '"glibc.malloc.top_pad=67108864" in sets("arena-growth")'
ok '... and is not taken for blocks above mmap_threshold' holds '"mmap-threshold" not in ids'
ok '... its mappings are counted' holds '10 <= m["mappings"] <= d["host"]["max_map_count"]'

ok 'the same with that set' explains env GLIBC_TUNABLES=glibc.malloc.top_pad=67108864 "$habits" arenas 2
ok '... has no such calls' holds 'm["mprotect_calls"] < 1000 and "arena-growth" not in ids'

ok 'growth is explained' explains "$habits" grow 2
if [ "$(field 'd["host"]["thp"]')" = madvise ]; then
	ok '... by first touches, with huge pages as an offer' holds '"glibc.malloc.hugetlb=1" in sets("growth")'
	ok '... whose gain is predicted from the time that they took' holds '5 <= first("growth")["predicted_gain_pct"] <= 100'
else
	ok '... by first touches, without an offer' holds '"growth" in ids and not sets("growth")'
fi
ok 'the same with huge pages' explains env GLIBC_TUNABLES=glibc.malloc.hugetlb=1 "$habits" grow 2
if [ "$(field 'd["host"]["thp"]')" = madvise ]; then
	ok '... is not offered them again' holds '"growth" not in ids or not sets("growth")'
fi
ok 'a block that realloc moves while it grows is explained' explains "$habits" regrow
ok '... as refaults after munmap, most of them' holds 'm["refaults_munmap"] > 0.7 * m["minor_faults"]'
ok '... as a mapped block, and not as growth' holds 'ids[:2] == ["kernel-tax", "mmap-threshold"] and "growth" not in ids'
ok '... which thresholds above it keep' holds '"glibc.malloc.mmap_threshold=67108864" in sets("mmap-threshold")'

# A threshold of 4 bytes, by somebody who meant 4K and glibc 2.38 or older: every block is mapped, small ones too.
ok 'a threshold that is misread is explained' explains env MALLOC_MMAP_THRESHOLD_=4K "$habits" regrow 10
if grep -q 'MALLOC_MMAP_THRESHOLD_=4K has another effect: glibc reads no units: mmap_threshold is 4;' "$scratch/e.json"; then
	ok '... what it is read as is told' grep -q 'has another effect' "$scratch/out"
	ok '... and it is turned up' holds '"glibc.malloc.mmap_threshold=67108864" in sets("mmap-threshold")'
else
	ok '... which glibc 2.39 and later leave: that is told' grep -q 'MALLOC_MMAP_THRESHOLD_=4K has no effect' "$scratch/out"
fi

# mimalloc maps such blocks at addresses that it never used: no page of them is one that was given away. Later versions
# cut them from an arena.
mimalloc=$(compgen -G "/usr/lib/*/libmimalloc.so.2" | head -n 1)
if [ -n "$mimalloc" ]; then
	ok 'large blocks under mimalloc are explained' explains env LD_PRELOAD="$mimalloc" "$habits" blocks
	if [ "$(field 'm["munmap_bytes"] > 1e9')" = True ]; then
		ok '... as mapped blocks, and not as growth' holds 'ids[:2] == ["kernel-tax", "mapped-blocks"] and "growth" not in ids'
		ok '... in place of what was given away, nearly all' holds \
			'm["first_touch_faults"] > 0.9 * m["minor_faults"] and "in place of memory that munmap had given away" in first("kernel-tax")["text"]'
		ok '... which reserved memory keeps' holds '[x["variable"] for x in first("mapped-blocks")["settings"]] == ["MIMALLOC_RESERVE_OS_MEMORY"]'
		ok 'the same with that set' explains env LD_PRELOAD="$mimalloc" MIMALLOC_RESERVE_OS_MEMORY=512M "$habits" blocks
		ok '... has no such blocks' holds '"mapped-blocks" not in ids and m["minor_faults"] < 100000'
	fi
fi
if command -v musl-gcc >/dev/null; then
	musl-gcc -O1 -pthread -o "$scratch/musl-habits" "$(dirname "$0")/../targets/allocator-habits.c"
	ok 'large blocks under musl are explained' explains "$scratch/musl-habits" blocks
	ok '... as mapped blocks, without a setting' holds 'ids[:2] == ["kernel-tax", "mapped-blocks"] and not sets("mapped-blocks")'
fi
# A static program that is stripped: its allocator, the C library's wrappers and itself are one file without names.
if "${CC:-cc}" -O1 -pthread -static -s -o "$scratch/stripped" "$(dirname "$0")/../targets/allocator-habits.c" 2>/dev/null; then
	ok 'a static program without names is explained' explains "$scratch/stripped" blocks
	ok '... and nothing is proposed by a guess at who it was' holds \
		'ids[:2] == ["kernel-tax", "mmap-threshold"] and not sets("mmap-threshold") and "static and stripped" in first("mmap-threshold")["text"]'
fi
# Two CPUs are enough for threads to meet, if they run at once.
if [ "$(nproc)" -gt 1 ]; then
	ok 'locks under a cap on arenas are explained' explains env MALLOC_ARENA_MAX=1 "$habits" locks
	ok '... calls of futex are counted' holds 'm["futex_calls"] >= m["allocator_lock_calls"] >= 100'
	ok '... nearly all of them are of the allocator' holds 'm["allocator_lock_calls"] >= 0.9 * m["futex_calls"]'
	ok '... as allocator-lock' holds 'ids[:2] == ["kernel-tax", "allocator-lock"]'
	ok '... of an arena, and the cap is what costs' holds '"the lock of an arena" in first("allocator-lock")["text"] and "arena_max is set to 1" in first("allocator-lock")["text"]'
	ok '... against which more arenas help' holds '"arena_max" in sets("allocator-lock")[0]'
	ok 'the same without a cap' explains "$habits" locks
	ok '... has no such lock' holds '"allocator-lock" not in ids and m["allocator_lock_calls"] < 100'
fi

# Pages that come without a fault: filled in by mmap.
ok 'memory that the kernel fills in is explained' explains "$habits" populate 40
ok '... every page of it is counted' holds '40 * (8 << 20) // page <= m["populated_pages"] <= 40 * (8 << 20) // page + 100'
ok '... as the program'"'"'s own doing, with nothing to set' holds '{"own-mapping", "populated"} <= set(ids) and not [x for x in d["findings"] if x["settings"]]'
# mlockall() may not be allowed.
if "$habits" locked 1 >/dev/null 2>&1; then
	ok 'blocks that come and go in a program that locks all its memory are explained' explains "$habits" locked 20
	ok '... every page is counted' holds 'm["populated_pages"] >= 20 * (40 << 20) // page'
	ok '... as mapped blocks, with both thresholds' holds 'first("mmap-threshold") and len(first("mmap-threshold")["settings"]) == 2'
fi
done_testing
