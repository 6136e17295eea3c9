# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# `madvisor identify`: runtimes, programs that are started in unusual ways, static programs whose malloc was overridden,
# several allocators in one Rust program, and all processes at once.
. "$(dirname "$0")/../lib/tap.sh"

sources=$MADVISOR_SOURCE/tests/targets/identify
make_elf=$sources/make-elf
identify=("$MADVISOR" identify)
CC=${CC:-cc}
libraries=/usr/lib/$($CC -print-multiarch 2>/dev/null)
jemalloc=$libraries/libjemalloc.so.2
cd "$tmp" || exit 1
unset MALLOC_PERTURB_
$CC "$sources/heap.c" -o plain

start()
{
	exec 3< <(exec "$@")
	pid=$!
	read -r -t 20 -u 3 _
}

# --- runtimes, by what only they have
while IFS='|' read -r name layer options; do
	# shellcheck disable=SC2086	# words
	"$make_elf" runtime --needed libc.so.6 --import malloc $options
	run "${identify[@]}" ./runtime
	like "$name" "$out" "^  above malloc: $layer: "
	is "$name: alone" "$(grep -c 'above malloc' <<<"$out")" 1
done <<'TABLE'
V8|V8 heap|--define _ZN2v87Isolate3NewEv
bun, which has V8's functions too|JavaScriptCore heap|--define _ZN2v87Isolate3NewEv --text WebKit/Source/JavaScriptCore/runtime/JSArray.cpp
JavaScriptCore as a library|JavaScriptCore heap|--define JSGlobalContextCreate
PyPy|PyPy heap|--define pypy_execute_source
Erlang|erts_alloc|--define enif_alloc
R|R heap|--define Rf_allocVector
SBCL|SBCL heap|--define allocate_lisp_dynamic_space
TABLE
"$make_elf" runtime --needed libc.so.6 --import malloc --text 'unknown RTS option: %s'
run "${identify[@]}" ./runtime
like "Haskell, stripped" "$out" '^  above malloc: GHC heap: '
echo 'void take(void) __asm__("heap.SmpAllocator.alloc"); void take(void) { } void _start(void) { take(); }' >zig.c
$CC -nostdlib -static zig.c -o zig
run "${identify[@]}" ./zig
like "Zig" "$out" '^./zig: zig, linked in$'
like "Zig: nothing to set" "$out" 'reads no environment'

# --- a wrapper that unpacks what runs
head -c 3000000 /dev/urandom >blob
cat >wrapper.c <<'END'
__asm__(".section .packed,\"a\"\n.incbin \"blob\"\n.previous");
int wrap(void) { return 1; }
END
$CC -shared -fPIC wrapper.c -o wrapper.so
run "${identify[@]}" ./wrapper.so
like "most of a file is compressed" "$out" 'note: most of .*/wrapper.so is compressed \(section \.packed\): .*-p PID tells$'
head -c 3000000 /dev/zero | tr '\0' 'a' >blob
$CC -shared -fPIC wrapper.c -o wrapper.so
run "${identify[@]}" ./wrapper.so
unlike "most of a file is a table" "$out" 'compressed'

# --- static, with malloc overridden: malloc and the allocator's own function are one
cat >one-address.c <<'END'
#include <stdio.h>
#include <stdlib.h>
static char memory[1 << 16];
static size_t used;
const char *volatile text = "mimalloc: warning: ";
void *mi_malloc(size_t size)
{
	used += (size + 15) & ~(size_t)15;
	return memory + used - ((size + 15) & ~(size_t)15);
}
void mi_free(void *block) { (void)block; }
#ifdef OVERRIDE
void *malloc(size_t size) __attribute__((alias("mi_malloc")));
void free(void *block) __attribute__((alias("mi_free")));
#endif
int main(void)
{
	puts(text);
	perror(text);
	free(malloc(1));
	return !mi_malloc(1);
}
END
for compiler in "$CC" musl-gcc; do
	command -v "$compiler" >/dev/null || { skip "static, overridden, by $compiler" "it is not here"; continue; }
	$compiler -static -fno-builtin -DOVERRIDE one-address.c -o overridden 2>/dev/null &&
		$compiler -static -fno-builtin one-address.c -o beside 2>/dev/null ||
		{ skip "static, overridden, by $compiler" "it cannot link so"; continue; }
	run "${identify[@]}" -v ./overridden
	like "static, overridden, by $compiler: mimalloc serves" "$out" '^./overridden: mimalloc .*, linked in$'
	like "static, overridden, by $compiler: why" "$out" 'malloc and its own function have one address'
	run "${identify[@]}" ./beside
	like "static, not overridden, by $compiler: malloc is another" "$out" \
		"^  C code \(malloc\): (glibc|musl).*, the C library's own"
done

# --- two allocators in a Rust program
$CC -O1 "$sources/two-heaps.c" -o two && $CC -O1 -DGLOBAL_MIMALLOC "$sources/two-heaps.c" -o two-mi
run "${identify[@]}" -v ./two
like "the global one first" "$(sed -n 2p <<<"$out")" '^  Rust code: jemalloc.*, linked in$'
like "the other as present" "$out" '^  code that calls it by its own names: mimalloc .*, linked in$'
like "why" "$out" 'the code behind __rust_alloc calls it'
run "${identify[@]}" ./two-mi
like "the other way round" "$(sed -n 2p <<<"$out")" '^  Rust code: mimalloc.*, linked in$'
like "the other way round, the other" "$out" '^  code that calls it by its own names: jemalloc, linked in$'
strip two-mi
run "${identify[@]}" ./two-mi
unlike "without symbols it is not guessed" "$out" '^  Rust code:'

# --- started through the loader
loader=$(LC_ALL=C readelf -p .interp plain | grep -o '/[^ ]*ld-[^ ]*')
if [ -e "$jemalloc" ] && "$loader" --help 2>/dev/null | grep -q -- --preload; then
	start "$loader" --preload "$jemalloc" ./plain -
	run "${identify[@]}" -p "$pid"
	like "through the loader: what it was told to preload" "$out" 'jemalloc 5.*, preloaded \(.*libjemalloc.so.2\)$'
	like "through the loader: which program" "$out" 'note: the dynamic loader .* was started with this program: .*/plain$'
	kill "$pid"
	start env MALLOC_CONF=narenas=1 LD_PRELOAD="$jemalloc" "$loader" ./plain -
	run "${identify[@]}" -p "$pid"
	like "through the loader, with LD_PRELOAD" "$out" 'jemalloc 5.*, preloaded'
	kill "$pid"
else
	skip "through the loader" "no libjemalloc.so.2, or a loader without --preload"
fi
start "$loader" ./plain -
run "${identify[@]}" -p "$pid"
like "through the loader, without a preload" "$out" ": glibc .*, the C library's own"
kill "$pid"

# --- what env -S in a script's first line sets
if [ -e "$jemalloc" ]; then
	printf '#!/usr/bin/env -S LD_PRELOAD=%s MALLOC_CONF=narenas:1 %s -\n' "$jemalloc" "$PWD/plain" >script
	printf '#!/usr/bin/env -S -u LD_PRELOAD %s -\n' "$PWD/plain" >script-unset
	chmod +x script script-unset
	run "${identify[@]}" ./script
	like "env -S: what it preloads" "$out" 'jemalloc 5.*, preloaded'
	like "env -S: what it sets" "$out" 'set now: MALLOC_CONF=narenas:1$'
	start ./script
	run "${identify[@]}" -p "$pid"
	like "env -S: the process agrees" "$out" 'jemalloc 5.*, preloaded'
	kill "$pid"
	run env -u LD_PRELOAD "${identify[@]}" ./script-unset
	like "env -S -u" "$out" "glibc .*, the C library's own"
fi

# --- all processes
start env MALLOC_ARENA_MAX=none ./plain -
wrong=$pid
exec 4< <(exec ./plain -)
right=$!
read -r -t 20 -u 4 _
run "${identify[@]}" --all
is "--all" "$status" 0
like "a line for each: a warning" "$out" "^ *$wrong plain: MALLOC_ARENA_MAX=none has no effect: .*glibc"
like "a line for each: another" "$out" "^ *$right plain: glibc [0-9.]+$"
first=$(grep -n "^ *$wrong " <<<"$out" | cut -d : -f 1)
second=$(grep -n "^ *$right " <<<"$out" | cut -d : -f 1)
check "the warning first" test "${first:-0}" -gt 0 -a "${first:-0}" -lt "${second:-0}"
# The second command gets the process that printed its number.
run bash -c 'echo "self $$"; exec "$0" identify --all' "$MADVISOR"
self=$(sed -n 's/^self //p' <<<"$out")
unlike "not madvisor itself" "$out" "^ *$self "
run "${identify[@]}" --all --json all.json
check "as a document" python3 -c '
import json, sys
pids = {target["pid"] for target in json.load(open(sys.argv[1]))["targets"]}
sys.exit(not {int(sys.argv[2]), int(sys.argv[3])} <= pids)' all.json "$wrong" "$right"
group=
for mount in /sys/fs/cgroup /sys/fs/cgroup/pids /sys/fs/cgroup/memory; do
	[ -e $mount/cgroup.procs ] && mkdir "$mount/madvisor-test-$$" 2>/dev/null && group=$mount/madvisor-test-$$ && break
done
if [ -n "$group" ] && mkdir "$group/below" && echo "$wrong" >"$group/cgroup.procs" &&
	echo "$right" >"$group/below/cgroup.procs"; then
	for name in "$group" "/madvisor-test-$$" "madvisor-test-$$"; do
		run "${identify[@]}" --cgroup "$name"
		is "--cgroup $name: its processes and those below" "$(grep -c ' plain: ' <<<"$out")/$(wc -l <<<"$out")" 2/2
	done
else
	skip "--cgroup" "no control group can be made here (remedy: run as root)"
fi
kill "$wrong" "$right"
exec 3<&- 4<&-
if [ -n "$group" ]; then
	while [ -n "$(cat "$group/cgroup.procs" "$group/below/cgroup.procs")" ]; do sleep 0.02; done
	rmdir "$group/below" "$group"
fi
refused "no such group" 2 "no such control group" "${identify[@]}" --cgroup /no/such/group
for wrong in "--all -p 1" "--all ./plain" "--all --cgroup x"; do
	# shellcheck disable=SC2086	# words
	run "${identify[@]}" $wrong
	is "identify $wrong: refused" "$status" 2
done
finish
