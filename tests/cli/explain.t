# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor explain`: what it says of programs whose trouble is known, however they end, under each probe.
. "$(dirname "$0")/../lib/tap.sh"

explain=("$MADVISOR" explain --progress never --details)

refused "nothing to explain" 2 "nothing to explain" "${explain[@]}"
refused "a command and a process at once" 2 "at once" "${explain[@]}" -p $$ -- true
refused "verifying a process" 2 "cannot be verified" "${explain[@]}" --verify -p $$
refused "rounds cut short" 2 "cut short" "${explain[@]}" --verify --duration 1 -- true
refused "input for a process" 2 "for commands" "${explain[@]}" -p $$ --input /dev/null
refused "input that is not there" 2 "cannot read" "${explain[@]}" --input "$tmp/none" -- true
refused "a program that does not exist" 3 "cannot run" "${explain[@]}" -- "$tmp/none"
run "${explain[@]}" -p 0
is "no process ID" "$status" 2
run "${explain[@]}" -p 4194304
check "a process that does not exist fails" test "$status" -ge 2

cc=${CC:-cc}
# Grows its heap by 8 MB and frees it all, 60 times: what glibc trims comes back fault by fault. To pose is to
# linger in the run that is looked at, and not in the rounds of --verify.
cat >"$tmp/trim.c" <<'end'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char *blocks[80];

	for (int i = 0; i < 60; i++) {
		for (int k = 0; k < 80; k++)
			blocks[k] = memset(malloc(100000), i, 100000);
		for (int k = 80; k-- > 0;)
			free(blocks[k]);
	}
	if (argc > 1 && !strcmp(argv[1], "crash"))
		abort();
	if (argc > 1 && !strcmp(argv[1], "stay"))
		pause();
	if (argc > 1 && (!strcmp(argv[1], "linger") || (!strcmp(argv[1], "pose") && getenv("MADVISOR_EXPLAIN"))))
		sleep(1);
	write(1, "its own output\n", 15);
	return argc > 1 ? atoi(argv[1]) : 0;
}
end
"$cc" -g -O1 -o "$tmp/trim" "$tmp/trim.c" 2>/dev/null || skip_all "no C compiler"

# preloaded LIBRARY COMMAND…: explains it under bpf, with the library in the environment that it has from madvisor.
preloaded()
{
	local library=$1
	shift
	if is_sanitized; then
		run "${explain[@]}" --probe bpf --json "$tmp/e.json" -- env LD_PRELOAD="$library" "$@"
	else
		LD_PRELOAD=$library run "${explain[@]}" --probe bpf --json "$tmp/e.json" -- "$@"
	fi
}

# explain_all ARGUMENT…: again, five times at most, while madvisor says that stacks were lost, as on a busy machine they may be.
explain_all()
{
	local try
	for try in 1 2 3 4 5; do
		run "${explain[@]}" "$@"
		grep -qE 'stacks (could not be taken|were not read)' <<<"$(tr -s ' \n' ' ' <<<"$out")" || return
		diagnose "stacks were lost, try $try"
	done
}

# Where a text stands in it.
line_of()
{
	grep -nF "$1" "$tmp/trim.c" | cut -d: -f1
}

field()
{
	python3 -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$tmp/e.json" "$1"
}

run "${explain[@]}" --probe rusage --json "$tmp/e.json" -- "$tmp/trim"
is "the lowest rung explains too" "$status" 0
is "the program is the case command, as it is" \
	"$(field '(d["cases"][0]["name"], d["contenders"][0]["name"], d["contenders"][0]["allocator"])')" \
	"('command', 'self', 'glibc')"
is "its variable is known" "$(field 'd["contenders"][0]["env_var"]')" GLIBC_TUNABLES
like "what could not be seen is said, and how to see it" "$out" "bpf probe"
unlike "nothing is predicted without times" "$out" "predicted:"
unlike "its output is not in the report" "$out" "its own output"
run "${explain[@]}" --probe rusage --show-output -- "$tmp/trim"
like "unless it is asked for" "$out" "its own output"

run "${explain[@]}" --probe rusage --json "$tmp/e.json" -- "$tmp/trim" 7
is "a program that fails is the exit status 3" "$status" 3
is "its own is recorded" "$(field 'd["runs"][0]["exit_status"]')" 7
like "and shown" "$out" "exit status 7"
check "it is explained all the same" test "$(field 'len(d["findings"])')" -ge 1
run "${explain[@]}" --probe rusage -i -- "$tmp/trim" 7
is "--ignore-failure" "$status" 0
run "${explain[@]}" --probe rusage --json "$tmp/e.json" -- "$tmp/trim" crash
is "a crash is the exit status 3" "$status" 3
like "its signal is shown" "$out" "signal 6"
check "a crash is explained" test "$(field 'len(d["findings"])')" -ge 1
run "${explain[@]}" --probe rusage --duration 2 --json "$tmp/e.json" -- "$tmp/trim" stay
is "--duration ends a program that stays" "$status" 0
like "which is said" "$out" "stopped after 2"
unlike "... and ends at SIGTERM" "$out" "was killed"
# shellcheck disable=SC2016
run "${explain[@]}" --probe rusage --duration 2 --show-output --json "$tmp/e.json" -- \
	bash -c 'trap "echo its own end; exit 5" TERM; while :; do sleep 0.05; done'
is "a command that is stopped may end as it wants" "$status" 0
like "... and does" "$out" "its own end"
is "... which is recorded" "$(field 'd["runs"][0]["exit_status"]')" 5
run "${explain[@]}" --probe rusage --duration 2 --stop-timeout 0.3 --json "$tmp/e.json" -- \
	bash -c 'trap "" TERM; while :; do sleep 0.05; done'
is "one that does not end is killed" "$status $(field 'd["runs"][0]["exit_status"]')" "0 137"
like "... and that is said" "$out" "did not end within 300 ms of SIGTERM, and was killed"

# What is named may lead to another program, whose allocator and variable are the ones that matter. It stays for a second after its
# work, so that it is looked at on the busiest machine.
library_of()
{
	"$MADVISOR" list allocators | awk -v name="$1" -v version="${2-}" '$1 ~ "^" name "(@|$)" && $2 == "works" && $3 ~ "^" version {
		for (i = 3; i <= NF; i++) if ($i ~ "^/") { print $i; exit } }'
}
jemalloc=$(library_of jemalloc)
cat >"$tmp/script" <<end
#!/bin/sh
export LD_PRELOAD=$jemalloc
exec $tmp/trim linger
end
chmod +x "$tmp/script"
# leads NAME COMMAND…: to trim under jemalloc, so that nobody says what to set for glibc. Everything that it frees is given back:
# most of the kernel's work is its own, however little the others do on a busy machine.
leads()
{
	local name=$1
	shift
	MALLOC_CONF=dirty_decay_ms:0,muzzy_decay_ms:0 run "${explain[@]}" --probe "$probe" --json "$tmp/e.json" -- "$@"
	is "$name" "$status $(field '(d["contenders"][0]["allocator"], d["contenders"][0]["env_var"], d["contenders"][0]["program"]["path"])')" \
		"0 ('jemalloc', 'MALLOC_CONF', '$(realpath "$tmp/trim")')"
	is "... and nothing is said of glibc's settings" \
		"$(field '[f["id"] for f in d["findings"] if "trim" in f["id"] or "GLIBC" in str(f["settings"])]')" "[]"
}
for probe in bpf ptrace rusage; do
	[ -n "$jemalloc" ] && "$MADVISOR" list probes 2>/dev/null | grep -qE "^$probe +works" || continue
	leads "$probe: env leads to the program" env LD_PRELOAD="$jemalloc" "$tmp/trim" linger
	like "... which is said" "$(tr -s ' \n' ' ' <<<"$out")" 'self: jemalloc [0-9.]+[^ ]* in trim'
	leads "$probe: a shell that execs" sh -c "LD_PRELOAD=$jemalloc exec $tmp/trim linger"
	leads "$probe: a shell that waits" sh -c "LD_PRELOAD=$jemalloc $tmp/trim linger; true"
	leads "$probe: a script" "$tmp/script"
	leads "$probe: one of two programs" sh -c "LD_PRELOAD=$jemalloc $tmp/trim linger & sleep 0.1; wait"
done
run "${explain[@]}" --probe rusage --json "$tmp/e.json" -- "$tmp/trim" linger
is "what was named itself is no other program" "$(field '(d["contenders"][0]["allocator"], "program" in d["contenders"][0])')" "('glibc', False)"
run "${explain[@]}" --probe rusage --json "$tmp/e.json" -- sh -c "$tmp/trim linger; exit 7"
is "the exit status is the command's" "$status $(field 'd["runs"][0]["exit_status"]')" "3 7"

# Threads with 2 MB each in arenas of their own, as many as glibc makes for them.
cat >"$tmp/arenas.c" <<'end'
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_barrier_t all;

static void *work(void *unused)
{
	for (int i = 0; i < 20; i++)
		memset(malloc(100000), 1, 100000);
	pthread_barrier_wait(&all);
	sleep(2);
	return unused;
}

int main(void)
{
	pthread_t threads[6];

	pthread_barrier_init(&all, NULL, 6);
	for (int i = 0; i < 6; i++)
		pthread_create(&threads[i], NULL, work, NULL);
	for (int i = 0; i < 6; i++)
		pthread_join(threads[i], NULL);
	return 0;
}
end
"$cc" -O1 -pthread -o "$tmp/arenas" "$tmp/arenas.c"
run "${explain[@]}" --probe rusage --json "$tmp/e.json" -- "$tmp/arenas"
is "the heaps of glibc's arenas are counted" "$(field 'd["runs"][0]["metrics"]["arena_heaps"]')" 6
check "with what they hold" test "$(field '6 * 2000000 <= d["runs"][0]["metrics"]["arena_bytes"] < 6 * 3000000')" = True
run "${explain[@]}" --probe rusage --json "$tmp/e.json" -- env GLIBC_TUNABLES=glibc.malloc.arena_max=1 "$tmp/arenas"
is "there are none with one arena" "$(field 'd["runs"][0]["metrics"]["arena_heaps"]')" 0
refused "stacks without the bpf probe" 4 "only the bpf probe takes stacks" \
	"${explain[@]}" --probe rusage --folded "$tmp/folded" -- "$tmp/trim"
check "and there is no file of them" test ! -s "$tmp/folded"
run "$MADVISOR" report --folded - "$tmp/e.json"
is "a result without stacks has none to show" "$status/$out" 0/

if "$MADVISOR" list probes 2>/dev/null | grep -qE '^bpf +works'; then
	run "${explain[@]}" --probe bpf --json "$tmp/e.json" -- "$tmp/trim"
	is "under bpf" "$status" 0
	like "the trimming is named" "$out" "brk-trim"
	like "with what to set, both thresholds" "$out" \
		"GLIBC_TUNABLES=glibc.malloc.trim_threshold=[0-9]+:glibc.malloc.mmap_threshold=[0-9]+"
	like "with the kernel time by cause" "$out" "refault after brk"
	is "the prediction is of CPU time, and says how" \
		"$(field '[(f["gain_metric"], f["predicted_gain_pct"] > 2, "refaults" in f["prediction"]) for f in d["findings"] if f["id"] == "brk-trim"]')" \
		"[('cpu_ns', True, True)]"
	explain_all --probe bpf --folded "$tmp/folded" --json "$tmp/e.json" -- "$tmp/trim"
	if grep -q "without elfutils" <<<"$err"; then
		is "a madvisor without elfutils takes no stacks, and says so" "$status" 4
	else
		is "stacks" "$status" 0
		like "there is a table of who gives back" "$out" "^Pages given back by +share +call"
		like "the place is named" "$out" "^  main \(trim\.c:$(line_of "free(blocks")\) +(99|100)% +brk"
		like "there is a table of who faults" "$out" "^Refaulted by +share +call"
		like "and that place" "$out" "^  main \(trim\.c:$(line_of "memset(malloc")\) +[0-9]+% +brk"
		check "every folded line is a stack and a number" \
			test "$(grep -cvE '^trim;[^;]+(;[^;]+)*;\[(purge by|refault after) [a-z]+(\([A-Z]+\))?\] [0-9]+$' "$tmp/folded")" = 0
		check "purges lead through free()" grep -qE ';main;.*free.*;\[purge by brk\] [0-9]{4,}$' "$tmp/folded"
		check "the faults are about as many as were counted" test "$(field \
			'abs(sum(s["pages"] for s in d["stacks"] if s["event"] == "refault") / d["runs"][0]["metrics"]["refaults"] - 1) < 0.2')" = True
		run "$MADVISOR" report --folded - "$tmp/e.json"
		is "a saved result gives the same file" "$out" "$(cat "$tmp/folded")"
	fi
	GLIBC_TUNABLES=glibc.malloc.trim_threshold=1073741824:glibc.malloc.mmap_threshold=33554432 \
		run "${explain[@]}" --probe bpf -- "$tmp/trim"
	unlike "with both set there is nothing to name" "$out" "brk-trim"
	others=$("$MADVISOR" list allocators | grep -cE '^(mimalloc|tcmalloc|jemalloc|snmalloc)[ @].*LD_PRELOAD' || true)
	run "${explain[@]}" --probe bpf --verify --rounds 5 --json "$tmp/e.json" -- "$tmp/trim"
	is "verification" "$status" 0
	is "confirms a gain with its interval" \
		"$(field '[f["measured_gain_pct_low"] > 0 and f["judgement"] in ("as-predicted", "smaller") for f in d["findings"] if f["id"] == "brk-trim"]')" \
		"[True]"

	is "with other allocators beside it, as many as there are, at most two" \
		"$(field '[f["settings"][0]["variable"] for f in d["findings"] if f["id"] == "another-allocator"] == ["LD_PRELOAD"] * min(2, '"$others"')')" True
	is "each of them measured, or its contender withdrawn" \
		"$(field 'all(f["measured_gain_pct"] is not None or any(c["withdrawn"] for c in d["contenders"]) for f in d["findings"] if f["id"] == "another-allocator")')" True

	run "${explain[@]}" --probe bpf --verify --rounds 5 --json "$tmp/e.json" -- env OTHER=1 "$tmp/trim" pose
	is "what is set around a command reaches the program that it leads to" \
		"$status $(field '[f["measured_gain_pct_low"] > 0 and f["judgement"] in ("as-predicted", "smaller") for f in d["findings"] if f["id"] == "brk-trim"]')" \
		"0 [True]"
	for inner in "env GLIBC_TUNABLES=glibc.malloc.arena_max=2" "env -i"; do
		# shellcheck disable=SC2086
		run "${explain[@]}" --probe bpf --verify --rounds 2 --json "$tmp/e.json" -- $inner "$tmp/trim" linger
		is "unless that gets another environment: $inner" \
			"$status $(field 'len(d["runs"]), [f["measured_gain_pct"] for f in d["findings"] if f["id"] == "brk-trim"]')" \
			"0 (1, [None])"
		like "... which is said" "$(tr -s ' \n' ' ' <<<"$out")" "not verified: the command (sets GLIBC_TUNABLES for it|starts it with an environment of its own)"
		like "... with where to set it" "$(tr -s ' \n' ' ' <<<"$out")" "is to be set inside the command"
	done
	is "nothing is lost of what the command sets" \
		"$(run "${explain[@]}" --probe bpf --json "$tmp/e.json" -- env GLIBC_TUNABLES=glibc.malloc.arena_max=2 "$tmp/trim" linger
		field '[f["env"][0].split(":")[0] for f in d["findings"] if f["id"] == "brk-trim"]')" \
		"['GLIBC_TUNABLES=glibc.malloc.arena_max=2']"

	# The storm that madvisor began from, and an allocator that has none.
	channel=("$MADVISOR_BUILD/madvisor-workload" mpsc --payload 16K --senders 5 --iterations 10)
	jemalloc=$(library_of jemalloc 5.3.0)
	if [ -n "$jemalloc" ]; then
		preloaded "$jemalloc" "${channel[@]}"
		is "a channel under jemalloc is explained" "$status" 0
		like "by its refault storm, with its share of CPU time" "$(tr '\n' ' ' <<<"$out")" \
			'dontneed-refaults \(confidence [0-9]+%\): [0-9.]+% of its CPU time goes into this'
		is "and the variable that it reads" \
			"$(field 'd["contenders"][0]["env_var"], {f["settings"][0]["variable"] for f in d["findings"] if f["settings"]}')" \
			"('MALLOC_CONF', {'MALLOC_CONF'})"
	fi
	# Where the environment preloads one, others take its place, and the C library's own; what else is preloaded stays.
	if [ -n "$jemalloc" ] && ! is_sanitized; then
		echo 'int kept;' | cc -shared -fPIC -x c -o "$tmp/kept.so" -
		others=$("$MADVISOR" list allocators | grep -cE '^(mimalloc|tcmalloc|snmalloc)[ @].*LD_PRELOAD' || true)
		LD_PRELOAD="$jemalloc:$tmp/kept.so" run "${explain[@]}" --probe bpf --verify --rounds 3 --json "$tmp/e.json" -- \
			"$MADVISOR_BUILD/tests/targets/purge-kinds" one 10240 40
		is "verification under a preloaded jemalloc" "$status" 0
		is "tries others, as many as there are, at most two, and then the C library's" \
			"$(field '[f["settings"][0]["value"].endswith("/kept.so") and "jemalloc" not in f["settings"][0]["value"] for f in d["findings"] if f["id"] == "another-allocator"] == [True] * (1 + min(2, '"$others"'))')" True
		is "of which the C library's is without any" \
			"$(field '[f["env"] == ["LD_PRELOAD='"$tmp"'/kept.so"] for f in d["findings"] if f["text"].startswith("glibc")]')" "[True]"
		is "each of them measured, or its contender withdrawn" \
			"$(field 'all(f["measured_gain_pct"] is not None or any(c["withdrawn"] for c in d["contenders"]) for f in d["findings"] if f["id"] == "another-allocator")')" True
		run "${explain[@]}" --probe bpf --verify --rounds 2 --json "$tmp/e.json" -- \
			env LD_PRELOAD="$jemalloc" "$MADVISOR_BUILD/tests/targets/purge-kinds" one 10240 40
		is "where the command preloads one, none is tried" \
			"$(field '[f["id"] for f in d["findings"] if f["id"] == "another-allocator"]')" "[]"
		like "... which is said" "$(tr -s ' \n' ' ' <<<"$out")" "other allocators were not tried: the command sets LD_PRELOAD"
	fi
	snmalloc=$(library_of snmalloc)
	if [ -n "$snmalloc" ]; then
		preloaded "$snmalloc" "${channel[@]}"
		is "the same under snmalloc" "$status" 0
		is "has no storm" "$(field '[f["id"] for f in d["findings"] if "refaults" in f["id"] or "shrink" in f["id"]]')" "[]"
	fi

	"$tmp/trim" stay >/dev/null 2>&1 &
	pid=$!
	sleep 1
	run "${explain[@]}" --probe bpf -p "$pid" --duration 1 --json "$tmp/e.json"
	is "a running process" "$status" 0
	is "is named" "$(field 'd["contenders"][0]["allocator"]')" glibc
	check "and left alive" kill -0 "$pid"
	kill "$pid"
fi
finish
