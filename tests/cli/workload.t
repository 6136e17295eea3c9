# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# madvisor-workload: its questions, its refusals, and a short run of every seed case.
. "$(dirname "$0")/../lib/tap.sh"

workload=${MADVISOR_WORKLOAD:-$MADVISOR_BUILD/madvisor-workload}
tab=$(printf '\t')

# figure NAME: the value of a line of the last report.
figure()
{
	sed -n "s/^$1 //p" <<<"$out"
}

# above NAME BOUND, not_above NAME BOUND: compares a figure, which may have decimals.
above()
{
	awk -v got="$(figure "$1")" -v bound="$2" 'BEGIN { exit !(got != "" && got + 0 > bound + 0) }'
}

not_above()
{
	! above "$1" "$2"
}

# The questions.
run "$workload" --list
is "--list succeeds" "$status" 0
is "each line has three columns" "$(awk -F"$tab" 'NF != 3' <<<"$out")" ""
seed=$(awk -F"$tab" '$2 ~ /(^|,)seed(,|$)/ { print $1 }' <<<"$out")
is "the seed suite has 13 cases" "$(wc -l <<<"$seed")" 13
quick=$(awk -F"$tab" '$2 ~ /(^|,)quick(,|$)/ { printf "%s ", $1 }' <<<"$out")
is "the quick suite" "$quick" \
	"spawn/remote mpsc/8/senders=1 mpsc/32K/senders=1 mpsc/16K/senders=5 churn/multi "

run "$workload" --resolve mpsc/49152/init=calloc/senders=02
is "--resolve prints the canonical name" "$out" "mpsc/48K/senders=2/init=calloc"
run "$workload" --resolve mpsc --payload 16K --senders 5
is "options name the same case as the name does" "$out" "mpsc/16K/senders=5"
run "$workload" --resolve churn --payload 64K-256K --threads 4 --read
is "options of churn" "$out" "churn/multi/size=64K-256K/threads=4/read=yes"

run "$workload" --parameters mpsc/1K-64K/senders=5/init=calloc
is "--parameters prints what a case is made of" "$(tr '\t\n' ':;' <<<"$out")" \
	"workload:mpsc:;size:1024-65536:bytes;senders:5:;capacity:1024:;init:calloc:;read:no:;messages:1000:;"
run "$workload" --parameters churn/multi/threads=4
like "and of another family" "$(tr '\t\n' ':;' <<<"$out")" "^workload:churn:;shape:multi:;size:16384:bytes;threads:4:;"

run "$workload" --prove
is "--prove succeeds" "$status" 0
is "it names an object for each function" \
	"$(cut -d' ' -f1 <<<"$out" | tr '\n' ' ')" \
	"malloc_object calloc_object free_object posix_memalign_object "

# A library that serves malloc alone must be seen to do no more.
cat >"$tmp/half.c" <<'EOF'
#include <dlfcn.h>
#include <stddef.h>
void *malloc(size_t n);
void *malloc(size_t n)
{
	static void *(*next)(size_t);
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "malloc");
	return next(n);
}
EOF
if nm -D "$workload" 2>/dev/null | grep -qE ' __(a|t)san_init'; then
	diagnose "a sanitizer serves malloc in this build: no library can be preloaded"
elif cc -shared -fPIC -D_GNU_SOURCE -o "$tmp/half.so" "$tmp/half.c" -ldl 2>"$tmp/cc"; then
	run env LD_PRELOAD="$tmp/half.so" "$workload" --prove
	is "a preloaded malloc is proved" "$(figure malloc_object)" "$(realpath "$tmp/half.so")"
	like "and that it does not serve free" "$(figure free_object)" 'libc'
	run env LD_PRELOAD="$tmp/half.so" "$workload" churn/single --min-time 1 --warmup 1
	is "a run reports the same" "$(figure malloc_object)" "$(realpath "$tmp/half.so")"
else
	diagnose "no compiler: proof of effect is tested by madvisor bench alone"
fi

# The refusals.
refused "an unknown workload" 2 "unknown workload 'mspc'" "$workload" mspc/8
refused "an unknown key" 2 "unknown key 'sender'" "$workload" --resolve mpsc/8/sender=5
refused "an unknown key has a suggestion" 2 "did you mean senders" \
	"$workload" --resolve mpsc/8/sender=5
refused "a size that overflows" 2 "out of range" "$workload" --resolve mpsc/99999999999999999999
refused "a family where a case is needed" 2 "names a workload only" "$workload" --resolve mpsc
refused "an option of another workload" 2 "unknown key 'senders' for churn" \
	"$workload" churn --senders 5
refused "too much memory at a time" 2 "GiB at a time" "$workload" mpsc/1G/capacity=1024
refused "control characters are escaped" 2 'x1b' "$workload" --resolve "$(printf 'mp\033[31msc/8')"

# usage NAME REGEX ARG…: a mistake on the command line, with argp's pointer to --help.
usage()
{
	local name=$1 regex=$2
	shift 2
	run "$workload" "$@"
	if [ "$status" = 2 ] && [ -z "$out" ] && grep -qE -- "$regex" <<<"$err" &&
		grep -q -- '--help' <<<"$err"; then
		point 0 "$name"
	else
		point 1 "$name"
		diagnose "status $status" "$err"
	fi
}
usage "no case" "no case given"
usage "no case to describe" "no case given" --parameters
usage "two cases" "one case at a time" mpsc/8 mpsc/16
usage "an unknown option" "nonsense" --nonsense
usage "an unknown source" "malloc or pool" mpsc/8 --source heap
usage "no iterations" "iterations takes a number" mpsc/8 --iterations 0
usage "a time that is none" "min-time takes a time" mpsc/8 --min-time soon
usage "a warm-up that is none" "warmup takes a time" mpsc/8 --warmup soon
usage "a descriptor that is not open" "report-fd 77" mpsc/8 --report-fd 77
usage "a descriptor that is no number" "sync-fd takes a number" mpsc/8 --sync-fd x

classic=$("$workload" --list | awk -F"$tab" '$2 ~ /(^|,)classic(,|$)/ { print $1 }')
is "the classic suite" "$(tr '\n' ' ' <<<"${classic//classic\//}")" "larson xmalloc-test cache-scratch cache-thrash $(:
	)sh6bench sh8bench mstress glibc-simple glibc-thread alloc-test "
run "$workload" --parameters classic/sh8bench
is "--parameters of a pattern" "$(tr '\t\n' ':;' <<<"$out")" \
	"workload:classic:;shape:sh8bench:;size:8-1000:bytes;threads:one per CPU:;live:5000:;operations:10000:;"

# Every case of both suites, from both sources; each run checks that nothing was lost or done twice.
while read -r name; do
	for source in malloc pool; do
		run "$workload" "$name" --source $source --iterations 2 --warmup 1
		[ "$status" = 0 ] || diagnose "$err"
		is "$name runs from $source" "$status $(figure source)" "0 $source"
	done
done <<<"$seed
$classic"
# Few and many blocks at a time, more threads than CPUs; in xmalloc-test more that free than that allocate.
for name in classic/xmalloc-test/threads=5/live=3 classic/larson/threads=3/live=1 classic/sh8bench/threads=7/live=2 \
	classic/mstress/threads=4/live=1 classic/cache-scratch/threads=9/size=24 classic/glibc-simple/threads=2/live=1; do
	run "$workload" "$name/operations=100" --iterations 20 --warmup 1
	is "$name" "$status $err" "0 "
done
run "$workload" classic/xmalloc-test/threads=5/operations=100 --iterations 3 --warmup 1
is "what is allocated is counted, by two of five threads" "$(figure ops)" 600

# The figures.
run "$workload" mpsc/1K/senders=5/messages=200 --iterations 3 --warmup 2
is "iterations are as asked" "$(figure iterations)" 3
is "operations are senders times messages" "$(figure ops)" 3000
names="iterations ops wall_ns user_ns sys_ns cpu_ns minor_faults major_faults context_switches ops_per_s"
names+=" latency_p50_ns latency_p99_ns peak_rss_bytes source malloc_object calloc_object free_object"
names+=" posix_memalign_object"
is "the names of the figures" "$(cut -d' ' -f1 <<<"$out" | tr '\n' ' ')" "$names "
check "wall time is there" above wall_ns 0
check "a process has a peak of memory" above peak_rss_bytes 100000
check "the median is not above the 99th percentile" \
	not_above latency_p50_ns "$(figure latency_p99_ns)"

run "$workload" spawn/local/threads=3/operations=500 --iterations 4 --warmup 1
is "tasks are counted" "$(figure ops)" 2000
run "$workload" churn/multi/threads=3/operations=50 --iterations 2 --warmup 1
is "buffers of all threads are counted" "$(figure ops)" 300

# Calibration is by the speed of the warm-up: where another program took the CPU then, and not after, the phase is short.
for _ in 1 2 3 4 5 6 7 8; do
	run "$workload" mpsc/8/senders=1 --min-time 60 --warmup 20ms
	above wall_ns 40000000 && break
done
check "--min-time is reached, or nearly, if not by every run of a busy machine" above wall_ns 40000000
check "more than one iteration is needed for it" above iterations 1

# Faults of the measured phase alone: each buffer of the first touch is the warm-up's.
pages=$((16384 / $(getconf PAGESIZE)))
run "$workload" churn/single/live=8/operations=1000 --source pool --iterations 5 --warmup 1
check "a recycled pool does not fault once warm" not_above minor_faults $((8 * pages))
pages=$((262144 / $(getconf PAGESIZE)))
run env GLIBC_TUNABLES=glibc.malloc.mmap_threshold=65536 \
	"$workload" churn/single/size=256K/operations=100 --iterations 2 --warmup 1
if [ "$(basename "$(figure malloc_object)")" = libc.so.6 ]; then
	check "a buffer mapped anew each time faults on each of its pages" \
		above minor_faults $((200 * pages - 1))
fi

# The two descriptors.
run bash -c '"$1" mpsc/8 --iterations 1 --warmup 1 --report-fd 5 5>"$2"' - "$workload" "$tmp/report"
is "nothing on stdout with --report-fd" "$out" ""
like "the figures are there instead" "$(cat "$tmp/report")" '^wall_ns [0-9]+$'

cat >"$tmp/borders.py" <<'EOF'
import socket, subprocess, sys, time
ours, theirs = socket.socketpair()
program = subprocess.Popen([sys.argv[1], "churn/single", "--iterations", "1", "--warmup", "1",
                            "--sync-fd", str(theirs.fileno())],
                           pass_fds=[theirs.fileno()], stdout=subprocess.PIPE, text=True)
theirs.close()
begin = ours.recv(2, socket.MSG_WAITALL)
time.sleep(0.3)
ours.send(b"x")
end = ours.recv(2, socket.MSG_WAITALL)
time.sleep(0.3)
ours.send(b"x")
out = program.communicate()[0]
wall = int([line.split()[1] for line in out.splitlines() if line.startswith("wall_ns ")][0])
print(begin, end, program.returncode, "counted" if wall >= 300_000_000 else "not counted")
EOF
run python3 "$tmp/borders.py" "$workload"
is "the borders are told, and the wait is not counted" "$out" "b'B\\n' b'E\\n' 0 not counted"

cat >"$tmp/lost.py" <<'EOF'
import socket, subprocess, sys
ours, theirs = socket.socketpair()
program = subprocess.Popen([sys.argv[1], "mpsc/8", "--iterations", "1", "--warmup", "1",
                            "--sync-fd", str(theirs.fileno())],
                           pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True)
theirs.close()
ours.close()
print(program.communicate(timeout=60)[1].splitlines()[0], program.returncode)
EOF
run python3 "$tmp/lost.py" "$workload"
like "a lost partner ends the run" "$out" 'sync-fd [0-9]+: .* 4$'

run bash -c '"$1" mpsc/8 --iterations 1 --warmup 1 >/dev/full' - "$workload"
is "a full disk is an error" "$status" 4
like "it says so" "$err" "cannot write the figures"

finish
