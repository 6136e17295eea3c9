#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Starting the bpf probe is cheap: the programs are loaded once, although the ladder tries them first, and what the
# kernel's verifier walks is bounded; the time that it takes goes with that.
# shellcheck source=tests/kernel/bpf.sh
. "$(dirname "$0")/bpf.sh"
need_bpf_probe

verified_at_most() {
	"$TAX_RUN" -s true </dev/null >"$scratch/measured" || return
	between verified_insns 1 "$1" "$scratch/measured"
}

loads() {
	local count
	unleaked strace -f -qq -e trace=bpf -e signal=none -o "$scratch/trace" "$@" >/dev/null 2>&1
	count=$(grep -c 'BPF_PROG_LOAD.*prog_name="on_fork"' "$scratch/trace")
	[ "$count" = 1 ] && return
	echo "the programs were loaded $count times"
	return 1
}

# 31,000 on Linux 6.18; 61,000 before what several callers share was walked once, 750,000 before loops were.
ok 'the verifier walks few instructions' verified_at_most 45000
if command -v strace >/dev/null; then
	ok 'a command is explained with one load' loads "$MADVISOR" explain --probe auto -- true
	sleep 60 &
	ok 'a process is explained with one load' loads "$MADVISOR" explain -p $! --duration 0.1
	kill $!
fi
done_testing
