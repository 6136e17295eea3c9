# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Killed at any moment, madvisor has lost no row that was finished, and leaves no process. $KILLS is how often each command
# is killed (5; the release check takes 200).
. "$(dirname "$0")/../lib/tap.sh"

kills=${KILLS:-5}
cc=${CC:-cc}
state=$XDG_STATE_HOME/madvisor
mkdir "$tmp/tmpdir"
export TMPDIR=$tmp/tmpdir

# A program of its own, whose processes are told from everybody else's by their file, that notes each of its ends.
cat >"$tmp/work.c" <<'end'
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0666);

	for (int i = 0; i < 200; i++) {
		char *volatile block = malloc(1 << 20);
		memset(block, i, 1 << 20);
		free(block);
	}
	usleep(10000);
	return write(fd, ".", 1) != 1;
}
end
"$cc" -O1 -o "$tmp/work" "$tmp/work.c" || skip_all "no C compiler"
cp "$(dirname "$MADVISOR")/madvisor-workload" "$tmp/workload" || skip_all "no workload to copy"
export MADVISOR_WORKLOAD=$tmp/workload

# "rows partial stopped" of the newest result.
newest()
{
	python3 - "$state/last.json" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(len(d["runs"]), d["partial"], d["command"]["stopped"])
	end
}

journals()
{
	find "$state" -name '*.jsonl' 2>/dev/null
}

# Rows that were written to the end, counted without madvisor.
rows_in()
{
	grep -c '^{"run": .*}$' "$1"
}

gone()
{
	local attempt left
	for attempt in $(seq 200); do
		left=$(find /proc -maxdepth 2 -path '/proc/[0-9]*/exe' \( -lname "$tmp/work" -o -lname "$tmp/workload" \) 2>/dev/null)
		[ -z "$left" ] && return
		sleep 0.05
	done
	diagnose "after $attempt looks there still is: $left"
	return 1
}

sleep_at_random()
{
	local us=$(($1 * (RANDOM * 32768 + RANDOM) / 1073741824))
	sleep "$(printf '%d.%06d' $((us / 1000000)) $((us % 1000000)))"
}

# What is left of a killed run is right: the rows that the journal has, which are all that were finished.
#
# $1: runs of $tmp/work that are no rows, or '-' where it does not note its ends.
is_recovered()
{
	local before=$1 journal rows ends
	journal=$(journals)
	gone || return
	if [ -z "$journal" ]; then
		none=$((none + 1))
		run "$MADVISOR" report --recover
		[ "$status" = 2 ] || { diagnose "there is no journal, and yet: $status $out $err"; return 1; }
		rows=0
	else
		rows=$(rows_in "$journal")
		most=$((rows > most ? rows : most))
		run "$MADVISOR" report --recover
		[ "$status" = 0 ] || { diagnose "not recovered: $err"; cp "$journal" "$tmp/bad"; return 1; }
		[ "$(newest)" = "$rows True killed" ] || { diagnose "$(newest), but $rows rows"; return 1; }
		[ -z "$(journals)" ] || { diagnose "the journal is still there"; return 1; }
	fi
	[ "$before" = - ] && return
	ends=$(stat -c %s "$tmp/ends" 2>/dev/null || echo 0)
	# One may have ended whose row madvisor had no time to write.
	[ "$ends" -le $((rows + before + 1)) ] && { [ "$rows" = 0 ] || [ "$ends" -ge $((rows + before)) ]; } ||
		{ diagnose "$ends runs ended, $before of them are no rows, but there are $rows rows"; return 1; }
}

# Until the first row is written; how long that took since $1 is in start_us.
await_row()
{
	local begun_us=$1 attempt
	for attempt in $(seq 2000); do
		[ -n "$(journals)" ] && break
		sleep 0.02
	done
	start_us=$((${EPOCHREALTIME/[^0-9]/} - begun_us))
	[ -n "$(journals)" ] || { diagnose "after $attempt looks there is no row"; return 1; }
}

# The first time soon after its first row; then at any moment of three times as long as that took.
killed()
{
	local before=$1 i pid none=0 most=0 start_us=0
	shift
	for ((i = 0; i < kills; i++)); do
		rm -rf "$state" "$tmp/ends"
		"$MADVISOR" "$@" >/dev/null 2>&1 &
		pid=$!
		if [ "$i" = 0 ]; then
			await_row "${EPOCHREALTIME/[^0-9]/}"
			sleep_at_random 500000
		else
			sleep_at_random $((3 * start_us))
		fi
		kill -KILL "$pid"
		wait "$pid" 2>/dev/null
		is_recovered "$before" || return
	done
	diagnose "$none of $kills kills came before the first row; $most rows were there at most"
	[ "$none" -lt "$kills" ]
}

common=(--progress never --probe rusage --rounds 1000)
check "compare, killed $kills times, loses no row" \
	killed 2 compare "${common[@]}" --contenders self -- "$tmp/work" "$tmp/ends"
check "nor does compare with a contender that is injected" \
	killed 3 compare "${common[@]}" --contenders glibc -- "$tmp/work" "$tmp/ends"
check "nor does bench" \
	killed - bench mpsc/8/senders=1 "${common[@]}" --contenders glibc

# A run that is alive is not taken for one that was killed.
rm -rf "$state"
"$MADVISOR" compare "${common[@]}" --contenders self -- "$tmp/work" "$tmp/ends" >/dev/null 2>&1 &
pid=$!
for attempt in $(seq 400); do
	[ -s "$(journals)" ] && break
	sleep 0.05
done
journal=$(journals)
refused "the journal of a run that is alive is refused" 2 'still going on' "$MADVISOR" report --recover
refused "also by its name" 2 'still going on' "$MADVISOR" report --recover "$journal"
run "$MADVISOR" report
unlike "nor is it mentioned" "$err" "$journal"
kill -INT "$pid"
wait "$pid"
is "the run goes on, and saves its result itself" "$? $(newest | cut -d' ' -f2-)" "130 True interrupted"
is "which leaves no journal" "$(journals)" ""

# A journal that somebody kept elsewhere.
"$MADVISOR" compare "${common[@]}" --contenders self -- "$tmp/work" "$tmp/ends" >/dev/null 2>&1 &
pid=$!
for attempt in $(seq 400); do
	journal=$(journals)
	[ -n "$journal" ] && [ "$(rows_in "$journal")" -ge 4 ] && break
	sleep 0.05
done
kill -KILL "$pid"
wait "$pid" 2>/dev/null
rows=$(rows_in "$journal")
printf '{"run": {"case"' >>"$journal"
run "$MADVISOR" report
like "report mentions what a killed run has left" "$err" "note: .*$journal.*--recover"
cp "$journal" "$tmp/kept.jsonl"
run "$MADVISOR" report --recover "$tmp/kept.jsonl" --json "$tmp/r.json"
is "a journal elsewhere is recovered" "$status $(newest)" "0 $rows True killed"
like "and shown" "$out" 'it was killed'
check "the journal stays" test -f "$tmp/kept.jsonl"
check "so does its original" test -f "$journal"
run "$MADVISOR" report --recover --csv -
is "which is recovered too, without its unfinished row" "$status $(newest)" "0 $rows True killed"
is "and removed" "$(journals)" ""
refused "then there is none" 2 'no killed run' "$MADVISOR" report --recover
refused "a result is no journal" 2 'line 1' "$MADVISOR" report --recover "$state/last.json"
refused "nor is what is not there" 2 'No such file' "$MADVISOR" report --recover "$tmp/none"

# Where no journal can be kept, the run counts.
rm -rf "$state"
echo >"$state"
run "$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self --json "$tmp/r.json" -- true
is "without a folder for it the run counts" "$status" 0
like "with a warning" "$err" 'warning: cannot write'

# What a run is killed with in the temporary folder, the next one takes away; what is in use stays.
mkdir -m 700 "$TMPDIR/madvisor-witness.killed" "$TMPDIR/madvisor-witness.in-use"
touch "$TMPDIR/madvisor-witness.killed/testimony" "$TMPDIR/madvisor-witness.in-use/testimony"
exec 8<"$TMPDIR/madvisor-witness.in-use"
flock 8
run "$MADVISOR" compare --progress never --probe rusage --rounds 1 --contenders glibc -- "$tmp/work" "$tmp/ends"
is "a run with a witness counts" "$status" 0
is "and clears what killed ones have left in the temporary folder" "$(ls -A "$TMPDIR")" madvisor-witness.in-use
finish
