# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What `madvisor tune` refuses, before it spends any time.
. "$(dirname "$0")/../lib/tap.sh"

echo 'int main(void) { return 0; }' >"$tmp/static.c"
"${CC:-cc}" -static -o "$tmp/static" "$tmp/static.c" || skip_all "no static C library"

refused() {
	local name=$1 wanted=$2 pattern=$3
	shift 3
	run timeout 60 "$MADVISOR" tune --progress never "$@"
	is "$name: status" "$status" "$wanted"
	like "$name: says why" "$err" "$pattern"
	is "$name: no report" "$out" ""
}

refused "nothing to tune" 2 'nothing to tune'
refused "a case and a command" 2 'both --case and a command' --case mpsc/16K/senders=1 -- true
refused "an unknown case" 2 'nonsense' --case nonsense/16K
refused "an unknown guard" 2 'nonsense' --case mpsc/16K/senders=1 --guard nonsense
refused "an unknown preference" 2 'balanced, speed or memory' --case mpsc/16K/senders=1 --prefer luck
refused "an unknown search" 2 'full, random or one-by-one' --case mpsc/16K/senders=1 --search luck
refused "a guard margin below 0" 2 'percentage' --case mpsc/16K/senders=1 --guard-margin -1
refused "settings of the allocator" 2 '--compare-with' --case mpsc/16K/senders=1 --contender 'jemalloc[tcache_max:4096]'
refused "two defaults" 2 '\-\-contenders' --case mpsc/16K/senders=1 --contender glibc,jemalloc
refused "settings of another allocator" 2 '--contenders with settings' --case mpsc/16K/senders=1 --contenders 'jemalloc[tcache_max:4096]'
refused "an allocator that is not known" 2 'nonsense' --case mpsc/16K/senders=1 --contenders nonsense
refused "other allocators for a program into which none can be preloaded" 2 'static' --contenders all -- "$tmp/static"
refused "self for a case" 2 'self is for a command' --case mpsc/16K/senders=1 --contender self
refused "a parameter with two values" 2 'one value' -P n=1,2 -- true '{n}'
refused "a precision" 2 'does not go with tune' --precision 1 -- true
refused "a metric of a case" 2 'for a command' --metric 'x=([0-9]+)' --case mpsc/16K/senders=1
if "$MADVISOR" list allocators 2>/dev/null | grep -qE "^snmalloc +works"; then
	refused "an allocator without settings" 2 'no settings to search' --case mpsc/8/senders=1 --contender snmalloc
else
	skip "an allocator without settings" "snmalloc is not on this machine"
fi
refused "settings to compare with that the allocator lacks" 2 'nonsense' --budget 600 \
	--case mpsc/8/senders=1 --compare-with 'glibc[nonsense:1]'
refused "a budget too small for a search" 2 'budget is too small' --budget 1 -- sleep 0.2
refused "a command that fails by itself" 3 'fails under its default' -- false
refused "a command that is not there" 3 'cannot run' -- "$tmp/missing"
refused "a guard that fails by itself" 3 "--guard 'exit 7' fails by itself" --guard 'exit 7' -- true
refused "a metric that is not printed" 3 'fails under its default' --metric 'x=([0-9]+)' -- true
finish
