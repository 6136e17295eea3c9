# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# tests/lib/tap: what the shell tests share. A test sources it, calls `run` and the checks, and ends with
# `finish`. MADVISOR names the program under test; everything is written below $tmp, which goes away.
#
#   run CMD…               runs it; sets $status, $out and $err (its standard output and error)
#   check NAME CMD…        a test point: passes if the command succeeds
#   is NAME GOT WANTED     passes if the two are equal
#   like NAME TEXT REGEX   passes if the text has a match of the extended regular expression
#   unlike NAME TEXT REGEX
#   refused NAME STATUS REGEX CMD…   the command must exit with that status, print nothing on standard
#                          output, match the regex on standard error, and name a remedy
#   skip NAME REASON       a test point that this machine cannot check
#   left_running           a line for each process that this test started and that still runs, in whatever session
#   gone_soon              waits until there is none, 10 s at most
#   skip_all REASON        ends the whole test as skipped

set -u
MADVISOR=${MADVISOR:?the program under test}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/madvisor-test.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
# What cargo and rustup keep is shared by all; nothing else of the user's home is a test's business.
export CARGO_HOME=${CARGO_HOME:-${HOME:-}/.cargo} RUSTUP_HOME=${RUSTUP_HOME:-${HOME:-}/.rustup}
export HOME=$tmp/home XDG_STATE_HOME=$tmp/state LC_ALL=C.UTF-8
mkdir "$HOME"
unset MALLOC_CONF GLIBC_TUNABLES LD_PRELOAD NO_COLOR COLUMNS MADVISOR_ALLOCATOR_PATH
# Whatever is started inherits it, so that processes are told from those of other tests.
export TAP_TOKEN=$$-$RANDOM$RANDOM
points=0
failures=0

run()
{
	"$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	out=$(cat "$tmp/out")
	err=$(cat "$tmp/err")
}

point()
{
	points=$((points + 1))
	if [ "$1" = 0 ]; then
		echo "ok $points - $2"
	else
		failures=$((failures + 1))
		echo "not ok $points - $2"
	fi
}

diagnose()
{
	printf '%s\n' "$@" | sed 's/^/# /'
}

check()
{
	local name=$1 result=0
	shift
	"$@" || result=1
	point "$result" "$name"
}

is()
{
	if [ "$2" = "$3" ]; then
		point 0 "$1"
	else
		point 1 "$1"
		diagnose "got:    $2" "wanted: $3"
	fi
}

like()
{
	if grep -qE -- "$3" <<<"$2"; then
		point 0 "$1"
	else
		point 1 "$1"
		diagnose "no match of: $3" "in:" "$2"
	fi
}

unlike()
{
	if grep -qE -- "$3" <<<"$2"; then
		point 1 "$1"
		diagnose "a match of: $3" "in:" "$2"
	else
		point 0 "$1"
	fi
}

skip()
{
	point 0 "$1 # SKIP $2"
}

# The shell itself was started without the token. Nothing is executed here, which would have it.
left_running()
{
	local process variables words
	for process in /proc/[0-9]*; do
		mapfile -d '' -t variables <"$process/environ"
		[[ " ${variables[*]} " == *" TAP_TOKEN=$TAP_TOKEN "* ]] || continue
		mapfile -d '' -t words <"$process/cmdline"
		echo "${process#/proc/} ${words[*]}"
	done 2>/dev/null
}

gone_soon()
{
	local end=$((SECONDS + 10))
	until [ -z "$(left_running)" ]; do
		[ "$SECONDS" -lt "$end" ] || { diagnose "$(left_running)"; return 1; }
		sleep 0.02
	done
}

refused()
{
	local name=$1 wanted=$2 regex=$3
	shift 3
	run "$@"
	if [ "$status" = "$wanted" ] && [ -z "$out" ] && grep -qE -- "$regex" <<<"$err" &&
		grep -q 'hint:' <<<"$err"; then
		point 0 "$name"
	else
		point 1 "$name"
		diagnose "command: $*" "exit status $status, wanted $wanted" "stdout: $out" \
			"stderr: $err" "wanted on stderr: $regex, and a hint"
	fi
}

# Whether $MADVISOR is built with a sanitizer: it cannot itself run under LD_PRELOAD then. By its symbols, as identify has the
# names among its texts.
is_sanitized()
{
	LC_ALL=C readelf -Ws "$MADVISOR" | grep -qE ' __[at]san_init(@|$)'
}

skip_all()
{
	echo "1..0 # SKIP $1"
	exit 0
}

finish()
{
	echo "1..$points"
	[ "$failures" = 0 ]
	exit
}
