# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Progress of long steps, for the set-up and build scripts: source it.
#
#   step TEXT LOG COMMAND...   run COMMAND, append its output to LOG, show TEXT, the time taken so
#                              far and the last line of the log while it runs; print how it ended.
#                              Returns the status of COMMAND.
#   note TEXT                  one plain line
#   problem TEXT               one line on standard error, after PROGRESS_NAME

PROGRESS_NAME=${0##*/}
if [ -t 1 ]; then
	PROGRESS_EVERY=1
else
	PROGRESS_EVERY=10
fi

note() {
	printf '  %s\n' "$*"
}

problem() {
	printf '%s: %s\n' "$PROGRESS_NAME" "$*" >&2
}

# The last line of a log, without control characters, cut to fit beside the step's name.
progress_last_line() {
	tail -c 4096 -- "$1" 2>/dev/null | tr '\r' '\n' | tr -cd '[:print:]\n' | grep -v '^ *$' |
		tail -n 1 | cut -c 1-48
}

# Runs beside the step. Its sleep outlives it by a moment, so it must hold neither the caller's
# standard output nor its lock (descriptor 9).
progress_ticker() {
	local text=$1 log=$2 owner=$3 start=$SECONDS line
	while sleep "$PROGRESS_EVERY" >/dev/null 2>&1 9>&- && kill -0 "$owner" 2>/dev/null; do
		line="$text: $((SECONDS - start)) s: $(progress_last_line "$log")"
		if [ -t 1 ]; then
			printf '\r\033[K  %.*s' 78 "$line"
		else
			printf '  %s\n' "$line"
		fi
	done
}

step() {
	local text=$1 log=$2 start=$SECONDS status=0 ticker
	shift 2
	[ -t 1 ] && printf '  %s' "$text"
	progress_ticker "$text" "$log" $BASHPID &
	ticker=$!
	"$@" >>"$log" 2>&1 </dev/null || status=$?
	kill "$ticker" 2>/dev/null
	wait "$ticker" 2>/dev/null
	[ -t 1 ] && printf '\r\033[K'
	if [ "$status" -eq 0 ]; then
		note "$text: done, $((SECONDS - start)) s"
	else
		note "$text: FAILED after $((SECONDS - start)) s (status $status)"
	fi
	return "$status"
}
