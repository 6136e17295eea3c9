# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What `madvisor explain` says of the memory that a program keeps: against what the program itself says, by mallinfo2(3), and
# against what malloc_trim(3) then gives back.
. "$(dirname "$0")/../lib/tap.sh"

target=$MADVISOR_BUILD/tests/targets/hold-heap
[ -x "$target" ] || skip_all "hold-heap was not built"
explain=("$MADVISOR" explain --progress never --quiet --duration 0.2)

# hold CMD…: starts it, with an open pipe as its input; $pid, and $info once it is ready
hold()
{
	rm -f "$tmp/in" "$tmp/said"
	mkfifo "$tmp/in"
	"$@" <"$tmp/in" >"$tmp/said" &
	pid=$!
	exec 7>"$tmp/in"
	for _ in $(seq 300); do
		[ ! -s "$tmp/said" ] || break
		sleep 0.1
	done
	info=$(tail -n 1 "$tmp/said")
}

# ask WORD: its answer
ask()
{
	local lines
	lines=$(wc -l <"$tmp/said")
	echo "$1" >&7
	for _ in $(seq 100); do
		[ "$(wc -l <"$tmp/said")" -eq "$lines" ] || break
		sleep 0.1
	done
	tail -n 1 "$tmp/said"
}

let_go()
{
	exec 7>&-
	wait "$pid" 2>/dev/null
}

# look: at the process, as JSON
look()
{
	run "${explain[@]}" -p "$pid" --json "$tmp/e.json"
}

# field EXPRESSION: of d, the document, and r, its last row of retained[]
field()
{
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
r = d["retained"][-1] if d.get("retained") else {}
print(eval(sys.argv[2]))' "$tmp/e.json" "$1"
}

# Sums as mallinfo2(3) makes them: arena uordblks fordblks hblkhd, each within so many percent of the heap.
agrees()
{
	read -r arena used free _ mapped _ <<<"$info"
	field "all(abs(ours - theirs) <= $1 / 100 * $arena for ours, theirs in (
		(r['taken_bytes'], $arena), (r['live_bytes'] + r['cached_bytes'], $used),
		(r['free_bytes'] + r['fastbin_bytes'] + r['top_bytes'], $free))) and abs(r['mapped_bytes'] - $mapped) <= $1 / 100 * ($mapped + 1)"
}

for shape in small mixed mapped threads fast whole idle; do
	hold "$target" "$shape" 48
	look
	is "$shape: the heap is as the program itself says, within 1%" "$(agrees 1)" True
	[ "$(agrees 1)" = True ] || diagnose "$info" "$(field r)" "$err"
	is "$shape: nothing is doubtful" "$(field 'r["doubt"]')" None
	trim=$(field 'int(r["trim_bytes"])')
	# The blocks of "whole" are free beside each other; one kept block in 50 of "small" lets no 128 KiB be.
	[ "$shape" != whole ] || is "$shape: most of it in large pieces" "$(field '0.9 * r["trim_bytes"] < r["large_bytes"]')" True
	[ "$shape" != small ] || is "$shape: none of it in large pieces, but the end" "$(field 'r["large_bytes"] <= r["top_bytes"]')" True
	gave=$(ask trim)
	near=$(((trim > gave ? trim - gave : gave - trim) <= 262144 + gave / 20))
	is "$shape: malloc_trim gives back what was said" "$near" 1
	[ "$near" = 1 ] || diagnose "said $trim, gave $gave"
	let_go
done

cat >"$tmp/hold.py" <<'end'
import ctypes, sys
libc = ctypes.CDLL(None)
class info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]
libc.mallinfo2.restype = info
kept = [bytes(600 + i % 5000) for i in range(20000)][::7]
def say():
    i = libc.mallinfo2()
    print(i.arena, i.uordblks, i.fordblks, i.fsmblks, i.hblkhd, i.hblks, i.keepcost, flush=True)
say()
for line in sys.stdin:
    say()
end
hold python3 "$tmp/hold.py"
ask info >"$tmp/discarded"
info=$(ask info)
look
is "python3: the heap is as the program itself says, within 1%" "$(agrees 1)" True
[ "$(agrees 1)" = True ] || diagnose "$info" "$(field r)" "$err"
let_go

hold "$target" racing 48
look
info=$(ask info)
is "one that allocates meanwhile: within 5%" "$(agrees 5)" True
[ "$(agrees 5)" = True ] || diagnose "$info" "$(field r)" "$err"
let_go

hold "$target" damaged 48
look
is "a damaged heap ends in a sentence" "$status" 0
like "... which says so" "$(field 'r["doubt"]')" 'are no blocks where blocks should be'
is "... with figures of the rest" "$(agrees 1)" True
let_go

hold "$target" small 48
run "$MADVISOR" explain --progress never --details --duration 0.2 -p "$pid"
let_go
like "the report has a table" "$out" 'Memory at the end +blocks +bytes +of resident'
like "... by the sizes that hold pages" "$out" 'by blocks of up to 1[0-9][0-9] B'
like "... and a finding" "$out" 'retained \(confidence 90%\): [0-9]+% of the resident memory is free inside the allocator'
like "... that says what gives it back" "$(tr -s ' \n' ' ' <<<"$out")" 'malloc_trim\(0\), called by the program when it is at rest, gives [0-9.]+ MiB back'

# Many arenas: fewer are proposed where what is free in them is worth it, which the program with fewer bears out.
of_arenas='[[s["value"] for s in f["settings"]] for f in d["findings"] if f["id"] == "arena-bloat"]'
resident='r["resident_bytes"] / 2**20'
hold "$target" turns 400
look
is "arenas with much that is free: fewer are proposed" "$(field "$of_arenas")" \
	"[['glibc.malloc.arena_max=4'], ['glibc.malloc.arena_max=2']]"
said=$(field '[f["text"] for f in d["findings"] if f["id"] == "arena-bloat"][0]')
like "... with what less that is" "$said" '[0-9.]+ MiB of [0-9.]+ MiB resident are free in [0-9]+ arenas.*\([0-9]+%\) less are resident'
least=$(field "$resident - r['secondary_bytes'] / 2**20")
many=$(field "$resident")
let_go
hold env GLIBC_TUNABLES=glibc.malloc.arena_max=4 "$target" turns 400
look
few=$(field "$resident")
is "... which is so" "$(python3 -c "print($least <= $few < 0.95 * $many)")" True || diagnose "$least $few $many"
let_go

hold "$target" full 400
look
is "full arenas: nothing is proposed" "$(field "$of_arenas, $resident > 256")" "([], True)"
let_go
run "$MADVISOR" explain --progress never --quiet --json "$tmp/e.json" -- bash -c 'exec "$1" full 400 < <(sleep 2)' - "$target"
is "arenas that were not read: nothing is proposed" "$(field "$of_arenas")" "[[]]"
like "... but how to read them" "$(field 'd["findings"]')" 'How much of it is free is not known: .*--retained'

# Another allocator than glibc's.
if jemalloc=$("$MADVISOR" list allocators 2>/dev/null | grep -oE '/[^ ]*libjemalloc[^ ]*' | head -1) && [ -n "$jemalloc" ]; then
	hold env LD_PRELOAD="$jemalloc" "$target" fast 48
	look
	is "of another allocator nothing is claimed" "$(field 'r["live_bytes"], r["resident_bytes"] > 10 << 20')" "(None, True)"
	like "... and that is said" "$(field 'r["unknown"]')" 'tells the program alone'
	let_go
else
	skip "of another allocator nothing is claimed" "no jemalloc here"
fi

# What jemalloc says itself, at the end of a command.
cat >"$tmp/keeps.c" <<'end'
#include <stdlib.h>
#include <string.h>

int main(void)
{
	static char *blocks[40000];

	for (int i = 0; i < 40000; i++)
		blocks[i] = memset(malloc(2000), 1, 2000);
	for (int i = 0; i < 40000; i++)
		if (i % 1000)
			free(blocks[i]);
	return 0;
}
end
if [ -n "$jemalloc" ]; then
	"${CC:-cc}" -O1 -fno-builtin -o "$tmp/keeps" "$tmp/keeps.c" -Wl,--no-as-needed "$jemalloc"
	run "$MADVISOR" explain --progress never --details --retained --json "$tmp/e.json" -- "$tmp/keeps"
	is "jemalloc is asked at the end" "$(field 'r["when"], r["allocator"]')" "('end', 'jemalloc')"
	told=$(field '80000 <= r["live_bytes"] < 4e6 and r["resident_free_bytes"] > 60e6 and r["trim_bytes"] > 40e6 and r["background_threads"] == 0')
	is "... and says what it keeps" "$told" True
	[ "$told" = True ] || diagnose "$(field r)"
	like "... and the finding what gives it back" "$(tr -s ' \n' ' ' <<<"$out")" 'are whole free pages.*background_thread:true'
	unlike "... and waiting for the looks is no finding" "$out" 'mmap-lock'
else
	skip "jemalloc is asked at the end" "no jemalloc here"
fi

# A command: twice as much at its most as at its end.
cat >"$tmp/falls.c" <<'end'
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(void)
{
	static char *blocks[40000];

	for (int i = 0; i < 40000; i++)
		blocks[i] = memset(malloc(2000), 1, 2000);
	sleep(4);
	for (int i = 1; i < 40000; i++)
		free(blocks[i]);
	malloc_trim(0);
	sleep(4);
	return 0;
}
end
"${CC:-cc}" -O1 -o "$tmp/falls" "$tmp/falls.c"
run "$MADVISOR" explain --progress never --quiet --retained --json "$tmp/e.json" -- "$tmp/falls"
is "a command is looked at when it has most, and at last" "$(field '[x["when"] for x in d["retained"]]')" "['peak', 'last']"
right=$(field '76e6 < d["retained"][0]["live_bytes"] < 84e6 and r["live_bytes"] < 1e6 and r["trim_bytes"] < 1e6')
is "... and both are right" "$right" True
[ "$right" = True ] || diagnose "$(field 'd["retained"]')"
like "... and it is said that this holds the program up" "$(field 'd["notes"]')" 'looked at [0-9]+ times while it ran'
run "$MADVISOR" explain --progress never --quiet --json "$tmp/e.json" -- true
is "without --retained it is not" "$(field '"retained" in d')" False
finish
