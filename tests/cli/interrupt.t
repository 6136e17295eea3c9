# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Ctrl-C loses nothing and leaves nothing.
. "$(dirname "$0")/../lib/tap.sh"

# Waits until that process has begun a second run that counts: the first has ended then. Runs that calibrate know no number
# of iterations yet.
has_measured()
{
	local end=$((SECONDS + 60)) first='' list child children words
	while kill -0 "$1" 2>/dev/null && [ "$SECONDS" -lt "$end" ]; do
		for list in "/proc/$1/task/"*/children; do
			read -ra children <"$list"
			for child in "${children[@]}"; do
				mapfile -d '' -t words <"/proc/$child/cmdline"
				[[ " ${words[*]} " == *' --iterations='* ]] || continue
				first=${first:-$child}
				[ "$child" = "$first" ] || return 0
			done
		done 2>/dev/null
		sleep 0.01
	done
	return 1
}

for signal in INT TERM; do
	rm -f "$tmp/r.json"
	"$MADVISOR" bench mpsc/8/senders=1 churn/single --rounds 1000 --contenders glibc \
		--json "$tmp/r.json" >"$tmp/out" 2>"$tmp/err" &
	pid=$!
	check "it measures" has_measured "$pid"
	# A shell without job control starts background jobs with SIGINT ignored; madvisor sets its own.
	kill -"$signal" "$pid"
	wait "$pid"
	is "SIG$signal gives exit status 130" "$?" 130
	is "what was measured is saved as partial" \
		"$(python3 -c 'import json, sys
r = json.load(open(sys.argv[1])); print(r["partial"], len(r["runs"]) > 0, r["command"]["stopped"])' "$tmp/r.json")" \
		"True True interrupted"
	like "and shown as partial" "$(cat "$tmp/out")" '[Pp]artial|interrupted'
	is "no process is left behind" "$(left_running)" ""
done

# Killed outright, madvisor can do nothing more; its target must end with it.
"$MADVISOR" bench mpsc/8/senders=1 --rounds 1000 --contenders glibc >/dev/null 2>&1 &
pid=$!
check "it measures" has_measured "$pid"
kill -KILL "$pid"
wait "$pid" 2>/dev/null
check "a killed madvisor leaves no process" gone_soon
finish
