# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests in this folder; source it. They print TAP. $TARGETS is the folder of the built targets,
# $PROBE_RUN the built probe-run, $MADVISOR the built program; tests/kernel/meson.build sets them.
#
#   skip_all REASON             this machine cannot run the test
#   need COMMAND                skip without it
#   unleaked COMMAND...         run it without LeakSanitizer, which traces: for where nobody may
#   unless_lost COMMAND... once more, where it ends with 2: events were lost, so that its figures are marked
#   ok DESCRIPTION COMMAND...   one test point: COMMAND succeeds; what it prints explains a failure
#   emulated     whether QEMU emulates the processor: nothing can be said of times
#   done_testing

: "${TARGETS:?}" "${PROBE_RUN:?}" "${MADVISOR:?}"
scratch=$(mktemp -d) || exit 1
: >"$scratch/repeated"
trap 'rm -rf "$scratch"' EXIT
export XDG_STATE_HOME=$scratch/state LC_ALL=C.UTF-8
unset MALLOC_CONF GLIBC_TUNABLES LD_PRELOAD NO_COLOR
tests=0
failures=0

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

need() {
	command -v "$1" >/dev/null || skip_all "there is no $1"
}

unleaked() {
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-} "$@"
}

# On a machine that does other work events are lost now and then. Twice in a row is a fault: it fails. ok and done_testing
# print what was repeated.
unless_lost() {
	local status=0
	"$@" || status=$?
	[ "$status" = 2 ] || return "$status"
	echo "$*" >>"$scratch/repeated"
	"$@"
}

repeats() {
	grep -c . "$scratch/repeated"
}

ok() {
	local description=$1 output before
	shift
	tests=$((tests + 1))
	before=$(repeats)
	if output=$("$@" 2>&1); then
		echo "ok $tests - $description"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $description"
		printf '%s\n' "$output" | sed 's/^/# /'
	fi
	[ "$(repeats)" = "$before" ] || echo '# it was repeated: events were lost'
}

done_testing() {
	echo "# $(repeats) observations were repeated because events were lost"
	echo "1..$tests"
	[ "$failures" -eq 0 ]
}

emulated() {
	grep -qE '^(model name.*QEMU TCG|CPU implementer.*0x00$)' /proc/cpuinfo
}

# Skips where a probe does not work, with the words of the probe itself.
need_probe() {
	local why status=0
	why=$("$PROBE_RUN" "$1" true 2>&1 >/dev/null) || status=$?
	[ "$status" -eq 4 ] && skip_all "$(printf '%s' "$why" | tr '\n' ' ')"
	ok "the $1 probe works, or says what it lacks" [ "$status" -eq 0 ]
}

need_perf_probe() {
	need_probe perf
}

# Counts as strace sees them. A call that another thread's interrupts is two lines, the first with "(".
strace_counts() {
	strace -f -qq -e trace=madvise,mmap,munmap,mremap,brk -e signal=none -o "$scratch/trace" "$@" \
		>/dev/null || return
	local name
	for name in mmap munmap mremap brk; do
		echo "${name}_calls $(grep -cE "^[0-9]+ +$name\(" "$scratch/trace")"
	done
	# The advice follows the last comma, at the line's end or before "<unfinished".
	# Versions of strace that do not know MADV_DONTNEED_LOCKED print its number.
	echo "madvise_dontneed_calls $(grep -cE 'madvise\(.*, (MADV_DONTNEED|MADV_DONTNEED_LOCKED|0x18)[) ]' "$scratch/trace")"
	echo "madvise_free_calls $(grep -cE 'madvise\(.*, MADV_FREE[) ]' "$scratch/trace")"
}

# value FILE NAME: what a line "NAME value" of the file says; nothing without one.
value() {
	sed -n "s/^$2 //p" "$1"
}

# same MEASURED EXPECTED: every line of EXPECTED is a line of MEASURED.
same() {
	local name expected measured status=0 lines=0
	while read -r name expected; do
		lines=$((lines + 1))
		measured=$(value "$1" "$name")
		[ "$measured" = "$expected" ] && continue
		echo "$name: measured '$measured', expected '$expected'"
		status=1
	done <"$2"
	[ "$lines" -gt 0 ] || { echo 'nothing is expected: this would prove nothing'; return 1; }
	return "$status"
}

# between NAME LOW HIGH FILE: the file's value of NAME lies in that range.
between() {
	local measured
	measured=$(value "$4" "$1")
	[ -n "$measured" ] && [ "$measured" -ge "$2" ] && [ "$measured" -le "$3" ] && return
	echo "$1: measured '$measured', expected $2 to $3"
	return 1
}

# unmeasured FILE NAME...: the file has no line of these names.
unmeasured() {
	local file=$1 name status=0
	shift
	for name; do
		[ -z "$(value "$file" "$name")" ] && continue
		echo "$name is measured: $(value "$file" "$name")"
		status=1
	done
	return "$status"
}
