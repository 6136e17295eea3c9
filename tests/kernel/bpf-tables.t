#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The bpf probe's tables grow with what is touched: a page in each 2 MiB of 200 GiB, and 1,000 processes at once, are counted
# to the page. Where their bound is reached, or keeping them takes too long, what was lost is called lost.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe

touch_sparsely() {
	"$TAX_RUN" "${@:1:$#-1}" </dev/null "$TARGETS/sparse-touch" "${@: -1}" >"$scratch/measured"
}

# sparse TAX-RUN-OPTION... MIB: as many as the program touches; its own few pages are first touches too.
sparse() {
	local pages=$((${*: -1} / 2))
	touch_sparsely "$@" || return
	printf '%s\n' "first_touch_faults $pages $((pages + 400))" "refaults_dontneed $pages" 'lost_faults 0' >"$scratch/expected"
	as_expected "$scratch/measured" "$scratch/expected"
}

# 8 MiB hold less than 8,000 chunks: of 16 GiB, 8,192, some do not fit, and their pages are lost both times.
bounded() {
	local lost known
	touch_sparsely -m $((8 << 20)) $((16 << 10)) || return
	lost=$(value "$scratch/measured" lost_faults)
	known=$(value "$scratch/measured" refaults_dontneed)
	echo "lost $lost, known $known of 8192"
	[ "$lost" -gt 0 ] && [ $((lost / 2 + known)) -ge 8192 ] && [ $((lost / 2 + known)) -le 8392 ] &&
		[ "$(value "$scratch/measured" unknown_faults)" = 0 ]
}

many_processes() {
	"$TAX_RUN" </dev/null "$TARGETS/sparse-touch" 128 1000 >"$scratch/measured" || return
	printf '%s\n' 'refaults_dontneed 64000' 'lost_faults 0' 'lost_processes 0' 'lost_threads 0' >"$scratch/expected"
	as_expected "$scratch/measured" "$scratch/expected"
}

# Copying 2,048 chunks takes about as long as the kernel's fork itself; the share, in percent, is that of the whole run.
forks_in_time() {
	local share
	"$TAX_RUN" </dev/null "$TARGETS/fork-often" 4096 200 >"$scratch/measured" || return
	share=$(($(value "$scratch/measured" observer_ns) / 10 / $(value "$scratch/measured" cpu_us)))
	echo "the observer took $share%; forks not copied: $(value "$scratch/measured" lost_forks)"
	[ "$(value "$scratch/measured" lost_forks)" -gt 0 ] && [ "$share" -le 25 ] &&
		[ "$(value "$scratch/measured" observer_losses)" -ge "$(value "$scratch/measured" lost_forks)" ]
}

# The ends of the children, which only end, count too: what is freed there takes some part of the time that its copying took.
ends_count() {
	"$TAX_RUN" -u </dev/null "$TARGETS/fork-often" 4096 50 >"$scratch/measured" || return
	awk '$1 == "row" && $4 == "fork-often" { ns[$2 == first || !first ? "parent" : "children"] += $NF; if (!first) first = $2 }
		END { print "parent", ns["parent"], "children", ns["children"]; exit !(ns["children"] * 20 > ns["parent"]) }' \
		"$scratch/measured"
}

# The address space of 2,048 chunks is emptied when looking for each of them has taken its time; what was there is lost then.
ranges_in_time() {
	local share
	"$TAX_RUN" </dev/null "$TARGETS/wide-ranges" 4096 20000 >"$scratch/measured" || return
	share=$(($(value "$scratch/measured" observer_ns) / 10 / $(value "$scratch/measured" cpu_us)))
	echo "the observer took $share%; spaces emptied: $(value "$scratch/measured" lost_spaces)"
	echo "lost faults: $(value "$scratch/measured" lost_faults), known refaults: $(value "$scratch/measured" refaults_dontneed)"
	[ "$(value "$scratch/measured" lost_spaces)" -gt 0 ] && [ "$share" -le 25 ] &&
		[ $(($(value "$scratch/measured" lost_faults) + $(value "$scratch/measured" refaults_dontneed))) -ge 2048 ]
}

# A parent that has time enough has its forks followed, to the page.
forks_exactly() {
	"$TAX_RUN" </dev/null "$TARGETS/fork-often" 64 50 >"$scratch/measured" || return
	printf '%s\n' 'lost_forks 0' 'lost_faults 0' 'cow_faults 100 100000' >"$scratch/expected"
	as_expected "$scratch/measured" "$scratch/expected"
}

ok 'forks that would take too long are not copied, and are called lost' forks_in_time
ok 'others are' unless_lost forks_exactly
ok 'the time of the ends of processes is the observer'"'s, too" ends_count
ok 'ranges that would take too long have the pages called lost' ranges_in_time
ok 'a page in each 2 MiB of 2 GiB' unless_lost sparse $((2 << 10))
ok 'tables that are full lose pages, and say so' bounded
# Before Linux 6.1 the tables cannot grow; a page table of 4 KiB for each page takes as much memory as the page.
if [ "$(awk '/MemAvailable/ { print int($2 / 1024) }' /proc/meminfo)" -gt 4000 ] && grep -qw bpf_mem_alloc_init /proc/kallsyms; then
	ok 'a page in each 2 MiB of 200 GiB' unless_lost sparse $((200 << 10))
	ok 'a thousand processes at once' unless_lost many_processes
fi
done_testing
