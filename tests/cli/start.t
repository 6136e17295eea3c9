# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Whatever madvisor was started with: ignored signals, closed descriptors, children of others, few files to open.
. "$(dirname "$0")/../lib/tap.sh"

compare=("$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self)

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

# Until a condition holds; 20 s at most.
await()
{
	local attempt
	for attempt in $(seq 400); do
		"$@" && return
		sleep 0.05
	done
	diagnose "after $attempt looks there is none: $*"
	return 1
}

# A parent that ignored SIGCHLD. (timeout(1) would put that right before madvisor has to.)
run bash -c 'trap "" CHLD; exec "$@"' - "${compare[@]}" -- /bin/false
is "where SIGCHLD is ignored, a failure is seen" "$status" 3
like "with its exit status" "$err" 'exit status 1'
run bash -c 'trap "" CHLD; exec "$@"' - "${compare[@]}" --json "$tmp/r.json" -- /bin/true
is "and a success too" "$status" 0
is "with figures" "$(value 'all(0 < r["metrics"]["cpu_ns"] < 1e10 and r["exit_status"] == 0 for r in d["runs"])')" True

# Blocked signals.
cat >"$tmp/blocked.py" <<'end'
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
signal.signal(signal.SIGUSR2, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the test may have ignored it, which holds for the program
os.execv(sys.argv[1], sys.argv[1:])
end
cat >"$tmp/signals" <<'end'
#!/bin/sh
while read -r name value; do
	case $name in
	# Without 32 and 33, which the C library keeps to itself: no program can set them.
	SigBlk: | SigIgn:) printf '%s%016x\n' "$name" $((0x$value & ~0x180000000)) ;;
	esac
done </proc/self/status >"$1"
end
chmod +x "$tmp/signals"
run python3 "$tmp/blocked.py" "${compare[@]}" --prepare "'$tmp/signals' '$tmp/side'" -- "$tmp/signals" "$tmp/target"
is "with blocked and ignored signals it runs" "$status" 0
is "the program has none of them" "$(cat "$tmp/target")" "$(printf 'SigBlk:%016x\nSigIgn:%016x' 0 0)"
is "nor has a side command" "$(cat "$tmp/side")" "$(printf 'SigBlk:%016x\nSigIgn:%016x' 0 0)"

# nohup: the first run waits until SIGHUP has come.
cat >"$tmp/slow" <<'end'
#!/bin/sh
echo $$ >>"$1/began"
while [ ! -e "$1/go" ]; do sleep 0.05; done
end
chmod +x "$tmp/slow"
# shellcheck disable=SC2086
nohup "${compare[@]}" --json "$tmp/r.json" -- "$tmp/slow" "$tmp" >"$tmp/out" 2>"$tmp/err" &
pid=$!
await test -s "$tmp/began"
read -r target <"$tmp/began"
is "nohup holds for the program" "$(($(sed -n 's/^SigIgn:\t/0x/p' "/proc/$target/status") & 1))" 1
kill -HUP "$pid"
touch "$tmp/go"
wait "$pid"
is "nohup holds for madvisor" "$?" 0
is "which is not interrupted" "$(value '(d["partial"], d["command"]["stopped"])')" "(False, 'rounds')"

# Closed descriptors.
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- 2>&-' '>&- 2>&-' '<&- >&- 2>&-'; do
	rm -f "$tmp/r.json"
	bash -c 'eval "shift; exec \"\$@\" $1"' - "$closed" "${compare[@]}" --prepare 'echo out; echo err >&2' \
		--metric 'n=([0-9]+)' --json "$tmp/r.json" -- sh -c 'echo n=12' >"$tmp/out" 2>"$tmp/err" </dev/null
	is "with $closed it runs" "$?" 0
	is "and nothing else gets into its file" \
		"$(value '{r["metrics"]["custom"] for r in d["runs"]}')" '{12}'
done
bash -c 'exec "$@" >&- 2>&-' - "${compare[@]}" -- no-such-command
is "an error that cannot be shown is in the exit status" "$?" 3

# Children that the shell had before it turned into madvisor.
bash -c '
	sleep 300 & echo $! >"$1/one"
	setsid sleep 300 & echo $! >"$1/two"
	(sleep 0.1; exec setsid sleep 300) & echo $! >"$1/three"
	shift; exec "$@"' - "$tmp" "${compare[@]}" --json "$tmp/r.json" -- sh -c 'sleep 0.25; sleep 300 & true' \
	>"$tmp/out" 2>"$tmp/err"
is "with children of others it runs" "$?" 0
# The third leaves the shell's process group when madvisor has looked already.
for name in one two three; do
	check "and does not kill them ($name)" kill -0 "$(cat "$tmp/$name")"
	kill "$(cat "$tmp/$name")"
done
like "while it kills what the program leaves" "$(value 'd["notes"]')" 'left 1 process running'
is "without waiting for them" "$(value 'd["command"]["elapsed_ns"] < 3.5e9')" True

# A server that --prepare starts in the background: there for the run and for --conclude, then gone.
cat >"$tmp/prepare" <<'end'
sh -c 'echo $$ >"$0/server"; echo said >&2; exec sleep 300' "$1" &
while [ ! -s "$1/server" ]; do sleep 0.01; done
end
cat >"$tmp/client" <<'end'
read -r server <"$1/server" && kill -0 "$server" && echo "$server" >>"$1/$2"
end
run timeout 60 "${compare[@]}" --prepare "sh '$tmp/prepare' '$tmp'" \
	--conclude "sh '$tmp/client' '$tmp' concluded; rm '$tmp/server'" --json "$tmp/r.json" \
	-- sh "$tmp/client" "$tmp" used
is "--prepare waits for no server in the background" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
check "which each run finds" test "$(wc -l <"$tmp/used")" -ge 4
is "and so does --conclude" "$(cat "$tmp/concluded")" "$(cat "$tmp/used")"
is "and is no part of the program" "$(value '[n for n in d["notes"] if "measures loading" not in n]')" '[]'
gone=yes
while read -r server; do
	kill -0 "$server" 2>/dev/null && gone=no
done <"$tmp/used"
is "none is left afterwards" "$gone" yes

# Ctrl-C ends what it waits for, and what tidies up is run.
rm -f "$tmp/began"
"${compare[@]}" --prepare "echo >'$tmp/began'; exec sleep 300" --conclude "echo >'$tmp/tidied'" -- true \
	>"$tmp/out" 2>"$tmp/err" &
pid=$!
await test -s "$tmp/began"
kill -INT "$pid"
wait "$pid"
is "Ctrl-C ends a --prepare that takes long" "$?" 130
check "and --conclude is run" test -s "$tmp/tidied"

# Few open files: right figures, or one clear error.
run bash -c 'ulimit -n 64; exec "$@"' - "${compare[@]}" --metric 'n=([0-9]+)' --json "$tmp/r.json" \
	-- sh -c 'echo n=12'
is "with 64 open files it runs" "$status" 0
is "and its output is read" "$(value '{r["metrics"]["custom"] for r in d["runs"]}')" '{12}'
run bash -c 'ulimit -n 64; exec "$@"' - "$MADVISOR" bench mpsc/8/senders=1 --rounds 1 --contenders glibc \
	--probe rusage --progress never --json "$tmp/r.json"
is "so does bench" "$status" 0
run bash -c 'ulimit -n 64; exec "$@"' - "$MADVISOR" explain --progress never --json "$tmp/r.json" -- true
case $status in
0) is "explain has a row" "$(value 'len(d["runs"])')" 1 ;;
*) like "explain says what is missing" "$err" 'hint:.*ulimit -n' ;;
esac
# The sanitizers' own descriptors are none of madvisor's, nor is what they do without them.
least=3
is_sanitized && least=16
for files in $(seq $least 24); do
	run bash -c 'ulimit -n "$1"; shift; exec "$@"' - "$files" "${compare[@]}" -- true
	[ "$status" = 0 ] && continue
	case $err in
	*"error while loading shared libraries"*) continue ;;
	esac
	like "with $files open files it says so" "$err" 'Too many open files'
done
finish
