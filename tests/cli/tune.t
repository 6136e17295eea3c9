# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor tune` finds the setting that a program needs, guards, proves, and says what each is worth; where nothing helps, it
# says that.
. "$(dirname "$0")/../lib/tap.sh"

cc=${CC:-cc}
# Blocks above glibc's largest dynamic threshold: each is mapped, touched and unmapped, but for a larger mmap_threshold.
cat >"$tmp/large.c" <<'end'
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	size_t bytes = argc > 1 ? strtoul(argv[1], NULL, 0) : 40ul << 20;
	int times = argc > 2 ? atoi(argv[2]) : 4;

	for (int i = 0; i < times; i++) {
		char *volatile block = malloc(bytes);
		memset(block, i, bytes);
		free(block);
	}
	puts("done");
	return 0;
}
end
"$cc" -O1 -o "$tmp/large" "$tmp/large.c" || skip_all "no C compiler"
tune=("$MADVISOR" tune --progress never --details)

# A budget in seconds that is enough for some 250 runs of a command on this machine as busy as it is, and at least 30.
budget_for() {
	python3 - "$@" <<-'END'
		import subprocess, sys, time
		start = time.monotonic()
		for _ in range(5):
		    subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
		print(max(30, round(250 * (time.monotonic() - start) / 5)))
	END
}

# look FILE EXPRESSION: of its tuning t, the recommended finalist best (or None) and the document d.
look() {
	python3 - "$1" "$2" <<-'END'
		import json, sys
		d = json.load(open(sys.argv[1]))
		t = d["tuning"]
		best = next((f for f in t["finalists"] if f["end"] == "recommended"), None)
		def ratio(name, case="command", metric="wall_ns"):
		    return next(s["ratio"] for s in d["summaries"]
		                if (s["contender"], s["case"], s["metric"]) == (name, case, metric))
		print(eval(sys.argv[2]))
	END
}

run timeout 1500 "${tune[@]}" --budget "$(budget_for "$tmp/large")" --seed 1 --guard "$tmp/large 1000 10" --guard-margin 100 \
	--json "$tmp/t.json" -- "$tmp/large"
is "a program of large blocks is tuned" "$status" 0
text=$(tr -s ' \n' ' ' <<<"$out")
like "... with a line to paste" "$text" 'What to set .*(GLIBC_TUNABLES|MALLOC_[A-Z_]+)='
like "... and its gain" "$text" 'confirmed: 0\.[0-9]+x the time \('
like "... and where else it can be set" "$text" 'systemd unit: Environment='
# Blocks that are kept, or huge pages: each does.
is "... by a setting that does it, and its worth" "$(look "$tmp/t.json" \
	'any(k["key"] in ("mmap_threshold", "hugetlb") and k["kept"] and (k["without_ratio"] is None or k["without_ratio"] > 1.1) for k in t["knobs"])')" True
is "... confirmed on fresh rounds" "$(look "$tmp/t.json" 'ratio(best["contender"]) < 0.9')" True
is "... with the guard run" "$(look "$tmp/t.json" 'ratio(best["contender"], "guard 1") > 0')" True
# Whoever may observe sees the blocks come and go; others are told why nothing was proposed.
if "$MADVISOR" doctor 2>/dev/null | grep -qE "^ok +bpf "; then
	is "... explain's findings are what is tried first" "$(look "$tmp/t.json" \
		't["trials"][0]["settings"] == t["proposals"][0]["settings"] and t["proposals"][0]["finding"] != ""')" True
else
	skip "... explain's findings are what is tried first" "the bpf probe does not work here"
fi
run timeout 1500 "${tune[@]}" --trials 40 --rounds 2 --probe rusage --guard none --json "$tmp/u.json" -- "$tmp/large"
like "... without a probe that observes, a note says so, and the search goes on" "$out" 'not observed before the search'
is "... with no proposals" "$(look "$tmp/u.json" 't["proposals"]')" "[]"
is "... and every candidate in the document" "$(look "$tmp/t.json" 'len(t["trials"]) >= 10')" True

# The line does what the report says: faults go away.
run "$MADVISOR" report "$tmp/t.json"
line=$(grep -A3 '^What to set' <<<"$out" | grep -oE '(GLIBC_TUNABLES|MALLOC_[A-Z_]+)=.*' | head -n 1)
faults() { python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt)' "$@"; }
without=$(faults "$tmp/large")
with=$(eval "export $line"; faults "$tmp/large")
check "... and the line, given to a shell, takes three quarters of the faults away" test "$((4 * with))" -lt "$without"
echo "# $line: $with faults, $without without"

run "$MADVISOR" report --details --json "$tmp/again.json" "$tmp/t.json"
check "the document is read and written as it was" cmp "$tmp/t.json" "$tmp/again.json"
like "... and rendered" "$out" 'What each setting is worth'
run "$MADVISOR" report --html "$tmp/t.html" "$tmp/t.json"
is "... as a page too" "$status" 0
run "$MADVISOR" report --markdown - "$tmp/t.json"
like "... and as Markdown" "$out" 'What to set'

# Across allocators: those that keep large blocks are faster than glibc, which maps each.
if "$MADVISOR" list allocators 2>/dev/null | grep -qE "^mimalloc +works"; then
	run timeout 1500 "${tune[@]}" --trials 120 --rounds 5 --seed 1 --contenders mimalloc --json "$tmp/o.json" -- "$tmp/large"
	is "a program is tuned across allocators" "$status" 0
	is "... each with its settings" "$(look "$tmp/o.json" \
		'any(x["settings"].startswith("mimalloc: ") for x in t["trials"]) and any(x["settings"] == "mimalloc" for x in t["trials"])')" True
	is "... in no more runs than were given" "$(look "$tmp/o.json" 'len(t["samples"]) <= 120')" True
	text=$(tr -s ' \n' ' ' <<<"$out")
	if [ "$(look "$tmp/o.json" '(best or {"contender": ""})["contender"].startswith("mimalloc")')" = True ]; then
		like "... with the line that preloads it" "$out" 'LD_PRELOAD=.*mimalloc'
		is "... and what that is worth" "$(look "$tmp/o.json" 'next(k["kept"] for k in t["knobs"] if k["key"] == "allocator")')" True
	elif [ "$(look "$tmp/o.json" 'best is None')" = False ]; then
		like "... with a line to paste" "$text" 'What to set .*(GLIBC_TUNABLES|MALLOC_[A-Z_]+)='
	else
		like "... or a word that five rounds did not settle it" "$text" 'was not settled on fresh rounds'
	fi
else
	skip "a program is tuned across allocators" "mimalloc is not on this machine"
fi

# A program without malloc: whatever wins the search is luck, and is not confirmed.
cat >"$tmp/count.c" <<'end'
int main(void)
{
	for (volatile int i = 0; i < 20000000; i++)
		;
	return 0;
}
end
"$cc" -O1 -o "$tmp/count" "$tmp/count.c"
run timeout 1500 "${tune[@]}" --budget "$(budget_for "$tmp/count")" --seed 2 --json "$tmp/n.json" -- "$tmp/count"
is "a program without malloc is tuned" "$status" 0
is "... to nothing" "$(look "$tmp/n.json" 'best')" None
like "... which is said" "$out" 'nothing: keep the default'

# What fails under a setting is out, with a warning; here whatever sets trim_threshold.
cat >"$tmp/picky" <<end
#!/bin/sh
case "\$GLIBC_TUNABLES\$MALLOC_TRIM_THRESHOLD_" in *trim*|[0-9]*) exit 9 ;; esac
exec "$tmp/large" 41943040 3
end
chmod +x "$tmp/picky"
run timeout 1500 "${tune[@]}" --budget "$(budget_for "$tmp/picky")" --seed 3 --json "$tmp/p.json" -- "$tmp/picky"
is "a program that fails under some settings is tuned all the same" "$status" 0
is "... and those are out" "$(look "$tmp/p.json" \
	'sum(x["rejected"] is not None and "trim_threshold" in x["settings"] for x in t["trials"]) > 0')" True
is "... never recommended" "$(look "$tmp/p.json" '"trim" in (best or {"contender": ""})["contender"]')" False

# Ctrl-C: what was found so far is saved, and nothing recommended.
"${tune[@]}" --budget 300 --json "$tmp/i.json" -- "$tmp/large" >"$tmp/i.out" 2>/dev/null &
pid=$!
sleep 12
kill -INT "$pid"
wait "$pid"
is "interrupted: status" $? 130
is "... the search so far is kept" "$(look "$tmp/i.json" 'd["partial"] and len(t["trials"]) > 0 and best is None')" True
like "... and shown" "$(cat "$tmp/i.out")" 'interrupted before'
finish
