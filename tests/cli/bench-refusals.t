# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What `madvisor bench` must refuse, before it measures anything.
. "$(dirname "$0")/../lib/tap.sh"

bench=("$MADVISOR" bench)
refused "an unknown case" 2 "no-such" "${bench[@]}" no-such/8
refused "a case with an unknown parameter" 2 "colour" "${bench[@]}" mpsc/8/colour=5
refused "a parameter out of range" 2 "senders" "${bench[@]}" mpsc/8/senders=0
refused "an unknown suite" 2 "no such suite: huge" "${bench[@]}" --suite huge
refused "zero rounds" 2 "not a number of rounds: '0'" "${bench[@]}" --rounds 0
refused "a negative number of rounds" 2 "not a number of rounds" "${bench[@]}" --rounds=-3
refused "rounds that are no number" 2 "not a number of rounds: 'ten'" "${bench[@]}" --rounds ten
refused "a budget that is no duration" 2 "not a duration: --budget '5 apples'" \
	"${bench[@]}" --budget '5 apples'
refused "a precision of 0" 2 "not a percentage above 0" "${bench[@]}" --precision 0
refused "a memory limit that is no size" 2 "not a size" "${bench[@]}" --memory-max much
refused "a bound of the tables that is too low" 2 "8M is the least" "${bench[@]}" --observer-memory 1M
refused "a CPU list that is none" 2 "not a CPU list" "${bench[@]}" --cpus 0-
refused "a CPU that is not there" 2 "CPU 1000 is not available" "${bench[@]}" --cpus 1000
refused "an unknown user" 2 "no such user" "${bench[@]}" --user nobody-of-that-name
refused "an unknown probe" 2 "microscope" "${bench[@]}" --probe microscope
refused "an unknown progress mode" 2 "not a progress mode" "${bench[@]}" --progress sometimes
refused "a condition that makes no sense" 2 "not a condition" "${bench[@]}" --fail-if 'jemalloc is bad'
refused "a condition on who does not take part" 2 "which is not measured here" \
	"${bench[@]}" mpsc/8 --contenders glibc --fail-if 'nobody slower 5%'

refused "an unknown contender" 2 "hoard" "${bench[@]}" mpsc/8 --contenders glibc,hoard
refused "an empty contender" 2 "" "${bench[@]}" mpsc/8 --contenders glibc,
refused "an unbalanced bracket" 2 "bracket|\\[" "${bench[@]}" mpsc/8 --contenders 'glibc[arena_max=1'
refused "an unknown baseline" 2 "hoard" "${bench[@]}" mpsc/8 --baseline hoard
refused "a library that does not exist" 2 "/no/such/lib.so" \
	"${bench[@]}" mpsc/8 --contenders x=/no/such/lib.so
refused "an unknown glibc setting" 2 "trim_treshold.*" \
	"${bench[@]}" mpsc/8 --contenders 'glibc[trim_treshold=1M]'
refused "a glibc value out of range" 2 "arena_max" \
	"${bench[@]}" mpsc/8 --contenders 'glibc[arena_max=-1]'

libm=$(ldconfig -p | sed -n 's/.*libm\.so\.6.* => //p' | head -n 1)
refused "a library that is no allocator" 2 "malloc" "${bench[@]}" mpsc/8 --contenders "x=$libm"
echo 'not a library' >"$tmp/text.so"
refused "a file that is no library" 2 "text.so" "${bench[@]}" mpsc/8 --contenders "x=$tmp/text.so"
# The machine field of the ELF header (bytes 18 and 19) decides what a file is for.
cp "$libm" "$tmp/foreign.so"
printf '\363\000' | dd of="$tmp/foreign.so" bs=1 seek=18 conv=notrunc status=none
refused "a library for another architecture" 2 "foreign.so.*(RISC-V|riscv|architecture|machine)" \
	"${bench[@]}" mpsc/8 --contenders "x=$tmp/foreign.so"

if "$MADVISOR" list allocators | grep -qE '^ *jemalloc .*[0-9]'; then
	refused "an unknown jemalloc setting, with the right name" 2 "tcache_mx" \
		"${bench[@]}" mpsc/8 --contenders 'jemalloc[tcache_mx:1]'
	like "the right name is suggested" "$err" 'tcache_max'
	refused "a malformed jemalloc value" 2 "tcache_max" \
		"${bench[@]}" mpsc/8 --contenders 'jemalloc[tcache_max:lots]'
else
	diagnose "jemalloc is not installed: its settings are not tested here"
fi

# An output that cannot be written is found before anything is measured.
start=$(date +%s)
refused "an output in a folder that does not exist" 2 "cannot write /no/such/folder/r.json" \
	"${bench[@]}" --suite seed --rounds 100 --json /no/such/folder/r.json
refused "an output that is a folder" 2 "Is a directory" \
	"${bench[@]}" --suite seed --rounds 100 --json "$tmp"
check "without measuring first" test $(($(date +%s) - start)) -lt 20
if [ "$(id -u)" != 0 ]; then
	mkdir "$tmp/sealed" && chmod 500 "$tmp/sealed"
	refused "an output in a folder that is not ours" 2 "Permission denied" \
		"${bench[@]}" mpsc/8 --csv "$tmp/sealed/r.csv"
fi
finish
