# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What cannot be compared: each a clear error with a remedy, and nothing left running.
. "$(dirname "$0")/../lib/tap.sh"

cc=${CC:-cc}
compare=("$MADVISOR" compare --progress never --probe rusage --rounds 2)

refused "no command" 2 'no command' "${compare[@]}"
refused "an unknown command" 3 'cannot run: no-such-program' "${compare[@]}" -- no-such-program
printf '#!/bin/sh\n' >"$tmp/idle"
refused "a file that is not executable" 3 'not executable' "${compare[@]}" -- "$tmp/idle"
printf 'echo hello\n' >"$tmp/bare"
chmod +x "$tmp/bare"
refused "a script that names no interpreter" 3 'neither a program' "${compare[@]}" -- "$tmp/bare"
printf '#!/no/such/interpreter\n' >"$tmp/orphan"
chmod +x "$tmp/orphan"
refused "a script whose interpreter is missing" 3 'interpreter.*No such' "${compare[@]}" -- "$tmp/orphan"
like "with what helps" "$err" 'hint: install it'
refused "a folder" 3 'folder' "${compare[@]}" -- "$tmp"
# Its kind of machine stands at byte 18 (elf(5)); 8 is MIPS. A shell would read it as a script.
cp /bin/true "$tmp/foreign"
printf '\010\0' | dd of="$tmp/foreign" bs=1 seek=18 conv=notrunc status=none
refused "a program for another machine" 3 'cannot run.*foreign.*format error' "${compare[@]}" --contenders self -- "$tmp/foreign"
like "with what to look at" "$err" 'hint:.*program for this machine'
run env PATH="/no/such:$tmp:$PATH" "${compare[@]}" --contenders self -- foreign
is "also where it is found in PATH" "$status" 3
like "with the same words" "$err" 'cannot run.*foreign.*format error'
refused "a program that fails by itself" 3 'exit status 7' "${compare[@]}" -- sh -c 'exit 7'
run "${compare[@]}" --contenders self --ignore-failure -- sh -c 'exit 7'
is "unless failure is ignored" "$status" 0
refused "a program that complains on standard output" 3 'exit status 7: no licence' \
	"${compare[@]}" -- sh -c 'echo no licence; exit 7'
refused "a program that dies" 3 'signal 11' "${compare[@]}" --ignore-failure -- sh -c 'kill -SEGV $$'
refused "a program that does not end" 3 'timeout' "${compare[@]}" --timeout 0.5 -- sleep 876543
like "with what helps" "$err" 'hint:.*--timeout'
refused "nor at SIGTERM" 3 'timeout' "${compare[@]}" --timeout 0.5 -- sh -c 'trap "" TERM INT HUP; while :; do sleep 876543; done'
is "and it is gone" "$(left_running)" ""
refused "an input that is not there" 2 'cannot read' "${compare[@]}" --input /no/such -- cat
refused "a prepare command that fails" 3 "prepare.*exit status 3" "${compare[@]}" --prepare 'exit 3' -- true

refused "a metric without a group" 2 'no group' "${compare[@]}" --metric 'x=abc' -- true
refused "a metric without a name" 2 'no name' "${compare[@]}" --metric '(abc)' -- true
refused "a direction without a metric" 2 'without --metric' "${compare[@]}" --higher-is-better -- true
refused "a metric that matches nothing" 3 "nothing.*matches.*it ends with: 'hello'" \
	"${compare[@]}" --metric 'x=rps ([0-9]+)' -- echo hello
like "with a way to try it" "$err" 'grep -E'
refused "a metric of a silent program" 3 'it prints nothing' "${compare[@]}" --metric 'x=rps ([0-9]+)' -- true
# regexec(3) needs hours for such a line.
refused "a metric that nearly matches a long line" 3 'takes more than 5 s of CPU time' \
	"${compare[@]}" --metric 'x=([0-9]+) per s' -- sh -c 'head -c 1000000 /dev/zero | tr "\0" 7'
refused "a metric in a line of more than is looked at" 3 'nothing.*lines above 2.00 MiB are passed over' \
	"${compare[@]}" --metric 'x=([0-9]+) per s' -- sh -c 'head -c 3000000 /dev/zero | tr "\0" 7; echo " per s"'
refused "two metrics of one name" 2 'two --metric have the name x' \
	"${compare[@]}" --metric 'x=a([0-9]+)' --metric 'x=b([0-9]+)' -- echo a1 b2
many=()
for i in 1 2 3 4 5 6 7 8 9; do
	many+=(--metric "m$i=([0-9])")
done
refused "more metrics than there is room for" 2 'more than 8 --metric' "${compare[@]}" "${many[@]}" -- echo 1
refused "a direction of a metric that is none" 2 "names 'y', which is not a --metric" \
	"${compare[@]}" --metric 'x=([0-9]+)' --higher-is-better=x,y -- echo 1
refused "a second metric that matches nothing" 3 "--metric y: nothing.*matches" \
	"${compare[@]}" --metric 'x=a([0-9]+)' --metric 'y=b([0-9]+)' -- echo a1
refused "a metric that matches no number" 3 "not a number" "${compare[@]}" --metric 'x=([a-z]+)' -- echo hello
# The check round runs it twice, then come the rounds.
cat >"$tmp/sometimes" <<end
#!/bin/sh
echo x >>$tmp/count
[ \$(wc -l <$tmp/count) -gt 3 ] || echo rps 5
end
chmod +x "$tmp/sometimes"
run "${compare[@]}" --contenders self --rounds 4 --metric 'x=rps ([0-9]+)' -- "$tmp/sometimes"
is "a metric that matches in some runs only is a failure" "$status" 3
like "and the report says in which" "$out" 'without figures: --metric x: nothing'

for scan in 'n' 'n=' '=1' 'a b=1'; do
	refused "the scan '$scan'" 2 'not a parameter scan' "${compare[@]}" -P "$scan" -- true
done
refused "self with a version" 2 "no version" "${compare[@]}" --contenders self@5 -- true
refused "self in a built-in case" 2 'reserved' "$MADVISOR" bench --contenders self churn/single
refused "a setting that self does not have" 2 'no setting' "${compare[@]}" --contenders 'self[no_such_thing:1]' -- true

printf 'int main(void) { return 0; }\n' >"$tmp/empty.c"
if "$cc" -static -o "$tmp/static" "$tmp/empty.c" 2>"$tmp/log"; then
	refused "a static program" 2 'LD_PRELOAD has no effect' "${compare[@]}" -- "$tmp/static"
	run "${compare[@]}" --contenders 'self' -- "$tmp/static"
	is "which runs by itself" "$status" 0
fi
if "$cc" -o "$tmp/setuid" "$tmp/empty.c" 2>"$tmp/log" && chmod u+s "$tmp/setuid" && [ -u "$tmp/setuid" ]; then
	refused "a setuid program" 2 'setuid' "${compare[@]}" -- "$tmp/setuid"
fi

# jemalloc with a prefix, linked in: as Rust programs have it.
archive=$(find "${MADVISOR_BUILD:-/nonexistent}/allocators" "$(dirname "$MADVISOR")/allocators" \
	-name 'libjemalloc*.a' 2>/dev/null | head -n 1)
for candidate in "$archive" /usr/lib/*/libjemalloc.a; do
	[ -f "$candidate" ] && archive=$candidate && break
done
if [ -n "$archive" ]; then
	cat >"$tmp/own.c" <<-'end'
		#include <stdio.h>
		#include <stdlib.h>
		int main(void) { void *volatile p = malloc(100); free(p); puts("done"); return 0; }
	end
	if "$cc" -o "$tmp/own" "$tmp/own.c" "$archive" -lstdc++ -lm -lpthread -ldl 2>"$tmp/log"; then
		refused "an allocator linked in, with the way out" 2 \
			"LD_PRELOAD has no effect.*jemalloc.*linked in" "${compare[@]}" -- "$tmp/own"
		like "the variable and the contenders to compare are named" "$err" \
			"MALLOC_CONF.*--contenders 'self,self\\[tcache_max:4096\\]'"
		run "${compare[@]}" --contenders 'self,self[dirty_decay_ms:0]' --json "$tmp/r.json" -- "$tmp/own"
		is "settings of it are compared" "$status" 0
		[ "$status" = 0 ] || diagnose "$err"
		like "the program itself was asked" "$(cat "$tmp/r.json")" 'the program itself takes its settings'
		refused "a setting that it does not take" 2 'jemalloc refuses it' \
			"${compare[@]}" --contenders 'self[no_such_thing:1]' -- "$tmp/own"
	fi
fi

finish
