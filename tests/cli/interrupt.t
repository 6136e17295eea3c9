# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Ctrl-C loses nothing and leaves nothing.
. "$(dirname "$0")/../lib/tap.sh"

for signal in INT TERM; do
	rm -f "$tmp/r.json"
	"$MADVISOR" bench mpsc/8/senders=1 churn/single --rounds 1000 --contenders glibc \
		--json "$tmp/r.json" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	sleep 6
	# A shell without job control starts background jobs with SIGINT ignored; madvisor sets its own.
	kill -"$signal" "$pid"
	wait "$pid"
	is "SIG$signal gives exit status 130" "$?" 130
	is "what was measured is saved as partial" \
		"$(python3 -c 'import json, sys
r = json.load(open(sys.argv[1])); print(r["partial"], len(r["runs"]) > 0, r["command"]["stopped"])' "$tmp/r.json")" \
		"True True interrupted"
	like "and shown as partial" "$(cat "$tmp/out")" '[Pp]artial|interrupted'
	check "no process is left behind" test -z "$(pgrep -f "$MADVISOR_BUILD.*madvisor-workload")"
done

# Killed outright, madvisor can do nothing more; its target must end with it.
"$MADVISOR" bench mpsc/8/senders=1 --rounds 1000 --contenders glibc >/dev/null 2>&1 &
pid=$!
sleep 3
kill -KILL "$pid"
wait "$pid" 2>/dev/null
sleep 0.5
check "a killed madvisor leaves no process" test -z "$(pgrep -f "$MADVISOR_BUILD.*madvisor-workload")"
finish
