# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A tuning that is killed at any moment, and goes on, ends as it would have: no run is lost but the one in flight. $KILLS is
# how often it is killed (4).
. "$(dirname "$0")/../lib/tap.sh"

kills=${KILLS:-4}
cc=${CC:-cc}
state=$XDG_STATE_HOME/madvisor

# The end of the heap goes back each time, but for a larger trim_threshold; and a note of each end.
cat >"$tmp/work.c" <<'end'
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0666);

	for (int i = 0; i < 6; i++) {
		char *volatile blocks[8];

		for (int k = 0; k < 8; k++)
			memset(blocks[k] = malloc(1 << 20), i, 1 << 20);
		for (int k = 0; k < 8; k++)
			free(blocks[k]);
	}
	return write(fd, ".", 1) != 1;
}
end
"$cc" -O1 -o "$tmp/work" "$tmp/work.c" || skip_all "no C compiler"

journals()
{
	find "$state" -name '*.jsonl' 2>/dev/null
}

samples_in()
{
	local count
	count=$(grep -c '^{"sample": .*}$' "$1" 2>/dev/null)
	echo "${count:-0}"
}

rows_in()
{
	local count
	count=$(grep -c '^{"run": .*}$' "$1" 2>/dev/null)
	echo "${count:-0}"
}

ends()
{
	stat -c %s "$tmp/ends" 2>/dev/null || echo 0
}

# look FILE EXPRESSION: of its tuning t and the document d.
look()
{
	python3 - "$1" "$2" <<-'END'
		import json, sys
		d = json.load(open(sys.argv[1]))
		t = d["tuning"]
		print(eval(sys.argv[2]))
	END
}

# Killed each time some rows later than the time before; what the journal had is in the next one, and at last in the result.
# What runs beside rows: at each start the check of the budget (two where it goes on), and in the confirmation its checks.
killed_and_resumed()
{
	local i pid before=0 now journal enough kept=
	set -- tune --progress never --trials 60 --rounds 4 --seed 3 --guard "$tmp/work $tmp/ends" --json "$tmp/r.json" -- "$tmp/work" "$tmp/ends"
	for ((i = 0; i <= kills; i++)); do
		if [ "$i" = "$kills" ]; then
			run "$MADVISOR" "$@"
			[ "$status" = 0 ] || { diagnose "at its end: $status $err"; return 1; }
			break
		fi
		"$MADVISOR" "$@" >/dev/null 2>"$tmp/killed.err" &
		pid=$!
		enough=$((before + RANDOM % 60))
		until journal=$(journals); [ -n "$journal" ] && [ "$(wc -l <<<"$journal")" = 1 ] &&
			now=$(($(samples_in "$journal") + $(rows_in "$journal"))) && [ "$now" -gt "$enough" ]; do
			kill -0 "$pid" 2>/dev/null || { diagnose "it ended by itself: $(cat "$tmp/killed.err")"; break; }
			sleep 0.01
		done
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		journal=$(journals | head -n 1)
		[ -n "$journal" ] || { diagnose "kill $i: no journal"; break; }
		now=$(($(samples_in "$journal") + $(rows_in "$journal")))
		[ "$now" -ge "$before" ] || { diagnose "kill $i: $now rows, but $before before"; return 1; }
		before=$now
		grep '^{"sample": .*}$' "$journal" >"$tmp/kept"
		kept=$tmp/kept
		diagnose "kill $i after $now rows"
		set -- tune --resume --progress never
	done
	[ -z "$(journals)" ] || { diagnose "a journal is left: $(journals)"; return 1; }
	python3 - "$tmp/r.json" "${kept:-/dev/null}" <<-'END' || return
		import json, sys
		d = json.load(open(sys.argv[1]))
		kept = [json.loads(line)["sample"] for line in open(sys.argv[2])]
		samples = d["tuning"]["samples"]
		assert not d["partial"], "partial"
		assert len(kept) > 0 and samples[:len(kept)] == kept, "samples are lost"
		assert 50 <= len(samples) <= 60, len(samples)
		keys = [(r["case"], r["contender"], r["round"]) for r in d["runs"]]
		assert len(keys) == len(set(keys)), "a run counts twice"
	END
}
check "a tuning that is killed $kills times, and goes on, loses nothing and ends" killed_and_resumed
is "... with the command line that it began with" "$(look "$tmp/r.json" 'd["command"]["argv"][1:4]')" \
	"['tune', '--progress', 'never']"
is "... and its seed" "$(look "$tmp/r.json" 'd["command"]["seed"]')" 3

# The same work on every machine: the seed proposes the same seeds.
for i in 1 2; do
	"$MADVISOR" tune --progress never --trials 40 --rounds 2 --seed 7 --probe rusage --guard none --json "$tmp/s$i.json" -- "$tmp/work" "$tmp/ends" \
		>/dev/null 2>&1
done
seeds='[x["settings"] for x in t["trials"] if x["stage"] == "seeds"]'
is "the same seed and number of trials propose the same seeds" "$(look "$tmp/s1.json" "$seeds")" "$(look "$tmp/s2.json" "$seeds")"
check "... some of them" test "$(look "$tmp/s1.json" "len($seeds)")" -ge 4

# Ctrl-C: what was found so far is shown, saved, and can go on.
rm -rf "$state"
"$MADVISOR" tune --progress never --trials 400 --rounds 2 --guard none -- "$tmp/work" "$tmp/ends" >"$tmp/i.out" 2>/dev/null &
pid=$!
until journal=$(journals); [ -n "$journal" ] && [ "$(samples_in "$journal")" -ge 30 ]; do sleep 0.02; done
kill -INT "$pid"
wait "$pid"
is "interrupted: status" $? 130
text=$(tr -s ' \n' ' ' <"$tmp/i.out")
like "... the best so far is said, and that it is not confirmed" "$text" 'Best so far, not confirmed: .*x the time in [0-9]+ block'
like "... and how to go on" "$text" 'madvisor tune --resume'
before=$(look "$state/last.json" 'len(t["samples"])')
check "... with the runs in the document" test "$before" -ge 30
was=$(ends)
"$MADVISOR" tune --resume --progress never >/dev/null 2>&1 &
pid=$!
until journal=$(journals); [ -n "$journal" ] && [ "$(samples_in "$journal")" -ge $((before + 5)) ]; do
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.02
done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
now=$(samples_in "$journal")
check "an interrupted one goes on from its result" test "$now" -ge $((before + 5))
# The runs that were made since are those that are new, two checks of the default, and one in flight.
check "... and runs no more than is new" test "$(($(ends) - was))" -le $((now - before + 3))

run "$MADVISOR" report --recover
is "a killed search is recovered" "$status" 0
like "... with the best so far" "$(tr -s ' \n' ' ' <<<"$out")" 'Best so far, not confirmed: .*x the time in [0-9]+ block'

refused()
{
	run timeout 60 "$MADVISOR" tune --progress never "${@:3}"
	is "$1: status" "$status" 2
	like "$1: says why" "$err" "$2"
}
rm -rf "$state"
refused "nothing to go on with" 'cannot read .*last.json' --resume
refused "a result that came to its end" 'no tuning that could go on' --resume "$tmp/r.json"
refused "a file that is not there" 'cannot read' --resume="$tmp/missing.jsonl"
refused "a command beside it" 'with a command' --resume -- "$tmp/work" "$tmp/ends"
refused "a number of trials that says nothing" 'not a number of runs' --trials 5 -- "$tmp/work" "$tmp/ends"
refused "trials and a budget" 'both --budget and --trials' --trials 50 --budget 10 -- "$tmp/work" "$tmp/ends"
finish
