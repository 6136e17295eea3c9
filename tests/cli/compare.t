# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Your own program under every allocator: that it is really that program, under really that allocator.
. "$(dirname "$0")/../lib/tap.sh"

cc=${CC:-cc}
compare=("$MADVISOR" compare --progress never --details --probe rusage --rounds 3)

# A program of its own, so that nothing here depends on what is installed.
cat >"$tmp/work.c" <<'end'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A heap that grows by 8 MB and is trimmed, again and again, in blocks that come from brk. */
static void grow_and_shrink(void)
{
	static char *blocks[80];

	for (int i = 0; i < 80; i++)
		blocks[i] = memset(malloc(100000), i, 100000);
	usleep(3000);
	for (int i = 80; i-- > 0;)
		free(blocks[i]);
}

int main(int argc, char **argv)
{
	int status = argc > 1 ? atoi(argv[1]) : 0;

	for (int i = 0; i < 10; i++)
		grow_and_shrink();
	printf("size=%s\nspeed: 12.5 per s\n", argc > 2 ? argv[2] : "none");
	return status;
}
end
"$cc" -O1 -o "$tmp/work" "$tmp/work.c" || skip_all "no C compiler"

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

# A small program's peak memory is its own, neither that of the process that it was forked from nor what a sample saw.
cat >"$tmp/small.c" <<'end'
#include <sys/resource.h>
#include <stdio.h>
int main(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	printf("own peak: %ld\n", usage.ru_maxrss * 1024);
}
end
"$cc" -O1 -o "$tmp/small" "$tmp/small.c"
run "${compare[@]}" --rounds 3 --contenders self --json "$tmp/r.json" --metric 'peak=own peak: ([0-9]+)' -- "$tmp/small"
is "a program that lives for less than a millisecond runs" "$status" 0
is "its peak memory is what it says itself, within 1 MiB" \
	"$(value 'all(abs(r["metrics"]["peak_rss_bytes"] - r["metrics"]["custom"]) < 1 << 20 for r in d["runs"] if not r["observed"])')" True

run "${compare[@]}" --json "$tmp/r.json" -- "$tmp/work"
is "it runs" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "the case is the command" "$(value '[c["name"] for c in d["cases"]]')" "['command']"
is "self is the baseline, as the C library has it" \
	"$(value '[(c["name"], c["allocator"], c["how"], c["library"]) for c in d["contenders"] if c["role"] == "baseline"]')" \
	"[('self', 'glibc', 'libc', None)]"
is "self's twin runs too" "$(value 'sum(r["contender"] == "self:twin" for r in d["runs"])')" 3
is "a second glibc is not needed" "$(value '[c["name"] for c in d["contenders"] if c["name"] == "glibc"]')" '[]'
is "every contender is proven in the program itself" \
	"$(value '[c["name"] for c in d["contenders"] if c["role"] == "contender" and "seen in a run of it" not in c["proof"]]')" '[]'
is "time and memory are measured in every run" \
	"$(value '[r for r in d["runs"] if not r["metrics"]["wall_ns"] or not r["metrics"]["peak_rss_bytes"]]')" '[]'
is "there is nothing to note" "$(value '[n for n in d["notes"] if "measures loading" not in n]')" '[]'
like "the report names the program's allocator" "$out" 'self: glibc [0-9.]+ \(baseline\)'
is "nothing is left in the temporary directory" "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'madvisor-witness.*' -newer "$tmp/work" | wc -l)" 0

# Where a program is not position-independent and takes malloc's address, the symbol is found in the program
# itself, which does not define it: the witness must not be misled.
cat >"$tmp/address.c" <<'end'
#include <stdlib.h>
#include <string.h>

static void *other(size_t size) { return malloc(size + 1); }

int main(int argc, char **argv)
{
	void *(*volatile get)(size_t) = argc > 1 ? other : malloc;

	free(memset(get(100000), 1, 100000));
	return 0;
}
end
for shape in -O1 -Wl,-z,now -s; do
	"$cc" -O1 -no-pie -fno-pic "$shape" -o "$tmp/address" "$tmp/address.c" 2>"$tmp/log" || continue
	run "${compare[@]}" --rounds 2 --json "$tmp/r.json" -- "$tmp/address"
	is "a program at a fixed address that takes malloc's ($shape): every contender is seen to serve it" \
		"$status $(value '[c["name"] for c in d["contenders"] if c["role"] == "contender" and "seen in a run of it" not in c["proof"]]')" '0 []'
	case $(readelf -W --dyn-syms "$tmp/address" 2>/dev/null) in
	*" 0000000000000000 "*" malloc"*) diagnose "here malloc's address is not within the program" ;;
	esac
done

# Settings of the program's own allocator, behind what the user has set.
run env GLIBC_TUNABLES=glibc.malloc.arena_max=2 "${compare[@]}" --json "$tmp/r.json" \
	--contenders 'self,self[mmap_threshold=64M,trim_threshold=64M]' -- "$tmp/work"
is "settings of self are compared" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "in the variable that is read" "$(value '[c["env"] for c in d["contenders"] if c["name"].startswith("self[")]')" \
	"[['GLIBC_TUNABLES=glibc.malloc.mmap_threshold=67108864:glibc.malloc.trim_threshold=67108864']]"
like "and they take effect: fewer faults" \
	"$(value '[s["ratio"] for s in d["summaries"] if s["contender"].startswith("self[") and s["metric"] == "minor_faults"]')" \
	'^\[0\.[0-4]'

# A metric of its own, and which way it is better.
run "${compare[@]}" --json "$tmp/r.json" --metric 'speed=speed: ([0-9.]+) per s' --higher-is-better -- "$tmp/work"
is "a metric is taken from the output" "$(value '{r["metrics"]["custom"] for r in d["runs"]}')" '{12.5}'
is "the document says what it is" \
	"$(value '(d["command"]["metric"], d["command"]["metric_name"], d["command"]["metric_higher_is_better"])')" \
	"('custom', 'speed', True)"
like "the table is headed by it" "$out" '^command +speed +ratio'

# Several: the first judges, each of the others has a table.
run "${compare[@]}" --contenders glibc --json "$tmp/r.json" --csv "$tmp/r.csv" --metric 'set=set ([0-9.]+)' --metric 'p99=p99 ([0-9.]+)' \
	--higher-is-better=set -- sh -c 'echo set 7; echo p99 0.5'
is "several metrics are taken" "$status $(value '{(r["metrics"]["custom"], r["metrics"]["custom_2"]) for r in d["runs"]}')" '0 {(7, 0.5)}'
is "and the document says what they are" \
	"$(value '(d["command"]["metric"], d["command"]["metric_name"], d["command"]["metric_higher_is_better"], d["command"]["further_metrics"])')" \
	"('custom', 'set', True, [{'metric': 'custom_2', 'name': 'p99', 'higher_is_better': False}])"
like "the first heads the first table" "$(grep -m1 '^command ' <<<"$out")" '^command +set +ratio'
like "the second has one" "$out" 'By p99'
like "by name in the CSV too" "$(cat "$tmp/r.csv")" 'custom_2,0.5,.*,p99'
check "the document is valid" python3 -c 'import json, sys, jsonschema
jsonschema.validate(json.load(open(sys.argv[1])), json.load(open(sys.argv[2])))' "$tmp/r.json" "$MADVISOR_SOURCE/docs/result.schema.json"

# Scans.
run "${compare[@]}" --json "$tmp/r.json" --contenders self -P status=0 -P size=a,b -- "$tmp/work" '{status}' '{size}'
is "a scan is a case for each combination" "$(value '[c["name"] for c in d["cases"]]')" \
	"['command/status=0/size=a', 'command/status=0/size=b']"
is "that says its values" "$(value '[(p["name"], p["value"]) for p in d["cases"][1]["parameters"]]')" \
	"[('status', 0), ('size', 'b')]"
is "with the values put in" "$(value 'd["cases"][1]["description"]')" "$tmp/work 0 b"

run "${compare[@]}" --rounds 1 --json "$tmp/r.json" --contenders self -- sh -c "exit '0'" '' x=1
is "a command is shown as it would be typed" "$(value 'd["cases"][0]["description"]')" "sh -c 'exit '\\''0'\\''' '' x=1"

# What belongs to a run.
run "${compare[@]}" --contenders self --prepare "echo p >>$tmp/log" --conclude "echo c >>$tmp/log" --warmup 1 -- "$tmp/work"
is "prepare and conclude run around every run" "$(sort "$tmp/log" | uniq -c | tr -s ' \n' ' ')" ' 9 c 9 p '
run "${compare[@]}" --contenders self --shell sh --metric 'n=([0-9]+)' --json "$tmp/r.json" -- "echo 3 | tr 3 4"
is "a shell runs pipes" "$(value '{r["metrics"]["custom"] for r in d["runs"]}')" '{4}'
printf '17\n' >"$tmp/input"
run "${compare[@]}" --contenders self --input "$tmp/input" --metric 'n=([0-9]+)' --json "$tmp/r.json" -- cat
is "a file is its input" "$(value '{r["metrics"]["custom"] for r in d["runs"]}')" '{17}'

# A document in one line, such as programs print for other programs.
cat >"$tmp/record.py" <<'end'
print("[" + ", ".join('{"case": %d, "rps": %d.5}' % (i, i) for i in range(40000)) + "]")
end
run "${compare[@]}" --contenders self --metric 'rps="case": 39999, "rps": ([0-9.]+)}]$' --json "$tmp/r.json" \
	-- python3 "$tmp/record.py"
is "a line of more than 1 MiB is looked through" "$(value '{r["metrics"]["custom"] for r in d["runs"]}')" '{39999.5}'

# The correctness guard: a program whose answer depends on the allocator.
cat >"$tmp/fickle.sh" <<'end'
#!/bin/sh
case $LD_PRELOAD in *jemalloc*) echo 41 ;; *) echo 42 ;; esac
end
chmod +x "$tmp/fickle.sh"
if "$MADVISOR" list allocators --names | grep -qx jemalloc; then
	run "${compare[@]}" --contenders jemalloc --json "$tmp/r.json" -- "$tmp/fickle.sh"
	like "an output that changes is in the result" "$(value '[r["error"] for r in d["runs"]]')" 'output differs from the baseline'
	like "and in the report" "$out" 'wrong answer'
fi
run "${compare[@]}" --contenders self,all --json "$tmp/r.json" -- sh -c 'echo $$'
is "an output that is never the same is no difference" "$(value '[n for n in d["notes"] if "output" in n]')" '[]'

# Nothing outlives a run.
run "${compare[@]}" --contenders self --json "$tmp/r.json" -- sh -c 'sleep 987654 & exit 0'
is "what a program leaves running is killed" "$(left_running)" ""
like "and counted" "$(value 'd["notes"]')" 'left 1 process running when it ended; it was killed'

# Memory stays bounded, whatever it prints. Sanitizers have memory of their own, and are slow: they get less to
# read, and AddressSanitizer is not to keep what is freed.
size=10G room=64
! is_sanitized || size=1G room=256
cat >"$tmp/peak.py" <<'end'
import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=subprocess.DEVNULL)
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
end
peak_of_printing() {
	run env ASAN_OPTIONS="quarantine_size_mb=1:${ASAN_OPTIONS:-}" \
		python3 "$tmp/peak.py" "${compare[@]}" --rounds 1 --timeout 10m --contenders self --metric 'n=end ([0-9]+)' \
		--json "$tmp/r.json" -- sh -c "head -c $1 /dev/zero; echo; echo end 5"
}
peak_of_printing 1
little=${out#* }
peak_of_printing $size
is "of $size of output the end is read" "${out% *} $(value '{r["metrics"]["custom"] for r in d["runs"]}')" '0 {5}'
check "in bounded memory" test "${out#* }" -lt $((little + room))

finish
