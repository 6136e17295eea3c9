# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What compare says of a command: times that fall into two groups, runs that are all start-up, and the memory of all of its processes.
. "$(dirname "$0")/../lib/tap.sh"

compare=("$MADVISOR" compare --progress never --probe rusage)

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

# Runs take 20 or 220 ms, in an order that repeats itself every four runs.
cat >"$tmp/two" <<'end'
#!/bin/sh
read -r count 2>/dev/null <"$0.count"
count=$(((count * 5 + 3) % 16))
echo $count >"$0.count"
[ $count -lt 8 ] && sleep 0.2
sleep 0.02
end
chmod +x "$tmp/two"
echo 1 >"$tmp/two.count"
run "${compare[@]}" --rounds 24 --contenders self --json "$tmp/r.json" --csv "$tmp/r.csv" -- "$tmp/two"
is "two modes end well" "$status" 0
modes='[s["modes"] for s in d["summaries"] if s["metric"] == "wall_ns" and s["contender"] == "self"][0]'
is "two modes are in the document" \
	"$(value "$modes is not None and 10e6 < $modes['low'] < $modes['border'] < $modes['high']")" True
is "with the number of runs of each" "$(value "$modes['low_runs'] + $modes['high_runs']")" 24
like "a median of two modes is marked" "$out" 'self +[0-9.]+ ms#'
like "and both are shown, with their shares" "$out" \
	'# two modes: self: [0-9.]+ ms in [0-9]+ of 24 runs \([0-9]+%\), [0-9.]+ ms in [0-9]+ \([0-9]+%\),'
like "in CSV too" "$(grep ',self,baseline,wall_ns,' "$tmp/r.csv")" ',[0-9.]+,[0-9.]+,[0-9]+,[0-9]+(,|$)'
run "$MADVISOR" report --markdown - "$tmp/r.json"
like "and in Markdown" "$out" '^\\# two modes: self: '

# A program that does nothing is all start-up, and one that works is not.
run "${compare[@]}" --rounds 5 --contenders self,glibc --json "$tmp/r.json" -- /bin/true
like "runs that are mostly start-up are called so" "$out" 'command: this measures loading: a program that does nothing takes self:'
run "${compare[@]}" --rounds 5 --contenders self --json "$tmp/r.json" -- "$tmp/two"
unlike "longer ones are not" "$out" 'measures loading'

# The peak of a small process: what the kernel tells it of itself while it still runs (VmHWM), not what those before it had.
peak='--metric=peak=VmHWM:[^0-9]*([0-9]+) kB'
# Both are read from counters of the CPUs that the kernel adds up now and then: 32 pages each may be missing.
own='all(0.8 < r["metrics"]["peak_rss_bytes"] / 1024 / r["metrics"]["custom"] < 1.25 for r in d["runs"])'
run "${compare[@]}" --rounds 5 --contenders self "$peak" --json "$tmp/r.json" -- grep VmHWM /proc/self/status
is "the peak memory of a small program is its own" "$status $(value "$own")" "0 True"
cat >"$tmp/fat.py" <<'end'
import os, sys
block = bytearray(300 << 20)
block[::4096] = b"x" * len(block[::4096])
os.execv(sys.argv[1], sys.argv[1:])
end
run python3 "$tmp/fat.py" "${compare[@]}" --rounds 3 --contenders self "$peak" --json "$tmp/r.json" -- grep VmHWM /proc/self/status
is "also where madvisor was started by a large one" "$status $(value "$own")" "0 True"
for words in /bin/true '/bin/ls /' 'sh -c :'; do
	# shellcheck disable=SC2086	# words
	run "${compare[@]}" --rounds 3 --contenders self --json "$tmp/r.json" -- $words
	is "$words takes one to four MiB" "$(value '{2 ** 19 < r["metrics"]["peak_rss_bytes"] < 2 ** 22 for r in d["runs"]}')" '{True}'
done
run "${compare[@]}" --rounds 3 --contenders self --json "$tmp/r.json" -- sh -c '/bin/true; /bin/true'
shown=$(grep -E '^ *self .*baseline' <<<"$out" | grep -oE 'baseline +[0-9.]+ [KM]iB')
like "of small processes the largest is shown, not a group's sum below it" "$shown" 'baseline +([1-9][0-9]{2} KiB|[1-4]\.[0-9]+ MiB)'
unlike "in one column" "$out" ' largest '

# Memory of a family: each of 6 children holds 16 MiB, all at one time.
cat >"$tmp/family.c" <<'end'
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
	int full[2], end[2];
	char byte;
	if (pipe(full) || pipe(end))
		return 1;
	for (int i = 0; i < 6; i++)
		if (!fork()) {
			close(end[1]);
			memset(malloc(16 << 20), 1, 16 << 20);
			if (write(full[1], "", 1) == 1 && read(end[0], &byte, 1) == 0)
				_exit(0);
			_exit(1);
		}
	for (int i = 0; i < 6; i++)
		if (read(full[0], &byte, 1) != 1)
			return 1;
	close(end[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
end
"${CC:-cc}" -O0 -o "$tmp/family" "$tmp/family.c"
run "${compare[@]}" --rounds 3 --contenders self --json "$tmp/r.json" -- "$tmp/family"
is "a family ends well" "$status" 0
peaks='[r["metrics"]["peak_tree_bytes"] for r in d["runs"]]'
if "$MADVISOR" doctor | grep -q 'by a control group for each run'; then
	is "its peak is that of all children together" \
		"$(value "[p for p in $peaks if not 96 << 20 <= p < 102 << 20]")" '[]'
	like "and is what the table shows, beside the largest" "$out" 'baseline +9[6-9]\.?[0-9]* MiB +1[67]\.[0-9] MiB'
	run "${compare[@]}" --rounds 2 --contenders self --memory-max 60M -- "$tmp/family"
	is "a family over its limit is stopped" "$status" 3
	like "in time, for its memory" "$err" 'stopped: used more memory than 60'
else
	is "no peak of all without a control group" "$(value "set($peaks)")" '{None}'
	like "the table shows the process's" "$out" 'baseline +1[67]\.[0-9] MiB'
fi
# Where every mapping may have huge pages, one fault brings 2 MiB.
pages=4096
grep -q '\[always\]' /sys/kernel/mm/transparent_hugepage/enabled 2>/dev/null && pages=8
is "children have faults of their own" "$(value "all(r['metrics']['child_faults'] > 6 * $pages for r in d['runs'])")" True


# A daemon: its parent has ended, and nobody waits for it but madvisor. It ends before the program, or lives on.
cat >"$tmp/daemon.py" <<'end'
import os, sys, time
ready, tell = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while time.process_time() < 0.3:
            pass
        os.write(tell, b"x")
        time.sleep(float(sys.argv[1]))
    os._exit(0)
os.wait()
os.read(ready, 1)
time.sleep(0.05)
end
for seconds in 0 30; do
	run "${compare[@]}" --rounds 2 --contenders self --json "$tmp/r.json" -- python3 "$tmp/daemon.py" "$seconds"
	is "the CPU time of a daemon counts, where it sleeps for $seconds s before it ends" \
		"$status $(value "all(r['metrics']['cpu_ns'] >= 0.3e9 for r in d['runs'])")" "0 True"
done

finish
