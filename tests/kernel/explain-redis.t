#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Attaching to a server under load: Debian's redis-server, which links libjemalloc. Its allocator is named as redis names
# it, and no request fails. What attaching costs redis, benchmarks/attach measures.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
need python3
need redis-server
need redis-benchmark
need redis-cli

# A port that nobody listens on.
port=$(python3 -c 'import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])')

# ask NAME: what redis says of itself.
ask() {
	redis-cli -p "$port" info 2>/dev/null | tr -d '\r' | sed -n "s/^$1://p"
}

redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$scratch" >"$scratch/log" 2>&1 &
server=$!
load=
trap 'kill -KILL $server $load 2>/dev/null; rm -rf "$scratch"' EXIT
for attempt in $(seq 100); do
	[ "$(redis-cli -p "$port" ping 2>/dev/null)" = PONG ] && break
	kill -0 "$server" 2>/dev/null || skip_all "redis-server does not start here: $(tail -n 1 "$scratch/log")"
	sleep 0.1
done
[ "$attempt" -lt 100 ] || skip_all 'redis-server does not answer'
allocator=$(ask mem_allocator)

# Until it is told to stop, again and again: each turn must end well.
keep_loading() {
	local turns=0
	while [ ! -e "$scratch/enough" ]; do
		redis-benchmark -p "$port" -q -n 1000 -c 20 -d 4096 -r 5000 -t set,get >"$scratch/load" 2>&1 ||
			{ echo "exit status $?"; cat "$scratch/load"; return; }
		grep -i error "$scratch/load" && return
		turns=$((turns + 1))
		echo "$turns" >"$scratch/turns"
	done
}

field() {
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
c, s, r = d["command"], d["contenders"][0], d["runs"][0]
m = r["metrics"]
print(eval(sys.argv[2]))' "$scratch/e.json" "$1"
}

explains() {
	local status=0
	until [ -e "$scratch/turns" ]; do
		kill -0 "$load" || return
		sleep 0.05
	done
	cp "$scratch/turns" "$scratch/turns-before"
	"$MADVISOR" explain --details -p "$server" --duration 3 --json "$scratch/e.json" >"$scratch/out" 2>"$scratch/errors" || status=$?
	cp "$scratch/turns" "$scratch/turns-after"
	cat "$scratch/out" "$scratch/errors"
	[ "$status" = 0 ]
}

keep_loading >"$scratch/failed" &
load=$!
ok 'a server under load is explained' explains
ok '... by the name that it goes by' grep -q "^madvisor explain: process $server.*redis-server" "$scratch/out"
ok '... which went on' test "$(cat "$scratch/turns-after")" -gt "$(cat "$scratch/turns-before")"
touch "$scratch/enough"
wait "$load"
load=
ok '... and failed nothing' test ! -s "$scratch/failed"
ok '... by its own account either' test "$(ask total_error_replies) $(ask rejected_connections)" = '0 0'
ok 'the server runs as before, untraced' \
	awk '$1 == "State:" && $2 !~ /[SR]/ || $1 == "TracerPid:" && $2 { bad = 1 } END { exit bad }' "/proc/$server/status"
if [[ $allocator == jemalloc-* ]]; then
	ok "its allocator is $allocator" test "$(field 's["allocator"] + "-" + s["version"].split("-")[0]')" = "$allocator"
	ok '... and what sets it is named' test "$(field 's["env_var"]')" = MALLOC_CONF
	ok '... in the report' grep -q 'Its allocator is jemalloc .*reads' <(tr '\n' ' ' <"$scratch/out")
fi
ok 'its CPU time is told' test "$(field 'm["cpu_ns"] > 0 and m["wall_ns"] > 2e9')" = True
if [ "$(field 'c["probe"]')" = bpf ]; then
	ok 'its faults are told apart' test "$(field 'm["refaults"] is not None')" = True
fi
kill "$server"
wait "$server"
ok 'it ends as it is told to' test $? -eq 0
done_testing
