# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# `madvisor identify`: what is set and does not do what it says, each with its reason and the right spelling; settings
# compiled in; layers that are switched off; environments that cannot be told. Where the allocator itself says what it
# takes (ld.so --list-tunables, jemalloc's complaints), it is asked.
. "$(dirname "$0")/../lib/tap.sh"

sources=$MADVISOR_SOURCE/tests/targets/identify
identify=("$MADVISOR" identify)
CC=${CC:-cc}
libraries=/usr/lib/$($CC -print-multiarch 2>/dev/null)
cd "$tmp" || exit 1
# meson test sets it, and identify would speak of it.
unset MALLOC_PERTURB_
$CC "$sources/heap.c" -o plain

start()
{
	exec 3< <(exec "$@")
	pid=$!
	read -r -t 20 -u 3 _
}

# told NAME ASSIGNMENT PROGRAM WHAT REASON INSTEAD: the line about what has no effect (WHAT: what of it), or, with
# REASON empty, that there is none
told()
{
	local name=$1 assignment=$2 program=$3 what=$4 reason=$5 instead=$6
	run env "$assignment" "${identify[@]}" "$program"
	if [ -z "$reason" ]; then
		unlike "$name: nothing is amiss" "$out" 'has (no|another) effect'
		like "$name: it is set" "$out" "set now: ${assignment//./\\.}\$"
		return
	fi
	like "$name: it has no effect" "$out" "^  ${what//./\\.} has (no|another) effect: "
	like "$name: why" "$out" "effect: $reason"
	[ -z "$instead" ] || like "$name: the right spelling" "$out" "; write ${instead//./\\.}\$"
}

# --- glibc
while IFS='|' read -r name assignment what reason instead; do
	told "glibc, $name" "$assignment" ./plain "${what:-$assignment}" "$reason" "$instead"
done <<'TABLE'
right|GLIBC_TUNABLES=glibc.malloc.top_pad=1:glibc.malloc.check=0|||
another namespace|GLIBC_TUNABLES=glibc.rtld.optional_static_tls=1024:glibc.malloc.top_pad=1|||
a misspelt name|GLIBC_TUNABLES=glibc.malloc.tpo_pad=65536||glibc has no setting tpo_pad|GLIBC_TUNABLES=glibc.malloc.top_pad=65536
a value missing|GLIBC_TUNABLES=glibc.malloc.top_pad||it has no value|
an empty value|GLIBC_TUNABLES=glibc.malloc.top_pad=||glibc reads nothing as 0: top_pad is 0|
nothing out of range|GLIBC_TUNABLES=glibc.malloc.arena_max=||arena_max takes a whole number, not ''|
without a limit|MALLOC_TRIM_THRESHOLD_=-1|||
the prefix missing|GLIBC_TUNABLES=top_pad=65536||glibc has no tunable top_pad|GLIBC_TUNABLES=glibc.malloc.top_pad=65536
out of range|GLIBC_TUNABLES=glibc.malloc.arena_max=0||arena_max takes 1 or more, not '0'|
a unit|GLIBC_TUNABLES=glibc.malloc.top_pad=64M||.*top_pad|GLIBC_TUNABLES=glibc.malloc.top_pad=67108864
the underscore missing|MALLOC_MMAP_THRESHOLD=4194304||no allocator here reads it|MALLOC_MMAP_THRESHOLD_=4194304
an underscore too many|MALLOC_ARENA_MAX_=1||no allocator here reads it|MALLOC_ARENA_MAX=1
the old variable, right|MALLOC_MMAP_THRESHOLD_=4194304|||
another allocator's|MALLOC_CONF=narenas:1||no allocator here reads it|
TABLE
run env GLIBC_TUNABLES=glibc.malloc.top_pad=1,glibc.malloc.arena_max=2 "${identify[@]}" ./plain
like "a comma between tunables: what has no effect" "$out" 'GLIBC_TUNABLES=glibc.malloc.*arena_max=2 has no effect: '
like "a comma between tunables: the right spelling" "$out" \
	'; write GLIBC_TUNABLES=glibc.malloc.top_pad=1:glibc.malloc.arena_max=2$'
loader=$(LC_ALL=C readelf -p .interp plain | grep -o '/[^ ]*ld-[^ ]*')
# What the loader itself takes of these.
accepted()
{
	GLIBC_TUNABLES=$1 "$loader" --list-tunables 2>/dev/null | sed -n "s/^glibc.malloc.$2: \([^ ]*\) .*/\1/p"
}
if [ -n "$(accepted "" arena_max)" ]; then
	unset_value=$(accepted "" arena_max)
	is "the loader: a misspelt name does nothing" "$(accepted glibc.malloc.arena_mx=2 arena_max)" "$unset_value"
	is "the loader: what follows a comma does nothing" \
		"$(accepted glibc.malloc.top_pad=1,glibc.malloc.arena_max=2 arena_max)" "$unset_value"
	is "the loader: out of range does nothing" "$(accepted glibc.malloc.arena_max=0 arena_max)" "$unset_value"
	is "the loader: below 0 is the largest number" "$(accepted glibc.malloc.arena_max=-1 arena_max)" 0xffffffffffffffff
	is "the loader: spelt right, it is taken" "$(accepted glibc.malloc.arena_max=2 arena_max)" 0x2
fi

# --- jemalloc
jemalloc=$libraries/libjemalloc.so.2
if [ -e "$jemalloc" ]; then
	$CC "$sources/heap.c" -o needed -Wl,--no-as-needed "$jemalloc"
	while IFS='|' read -r name assignment what reason instead; do
		told "jemalloc, $name" "$assignment" ./needed "${what:-$assignment}" "$reason" "$instead"
		complaint=$(env "$assignment" ./needed 2>&1 >/dev/null | head -n 1)
		if [ -n "$reason" ] && [ "${assignment%%=*}" = MALLOC_CONF ]; then
			like "jemalloc, $name: it says so itself" "$complaint" '^<jemalloc>: '
		else
			is "jemalloc, $name: it has no complaint" "$complaint" ""
		fi
	done <<'TABLE'
right|MALLOC_CONF=narenas:1,dirty_decay_ms:-1,prof_prefix:x|||
'=' between key and value|MALLOC_CONF=narenas=1||a key and its value are separated by ':'|MALLOC_CONF=narenas:1
a name of old|MALLOC_CONF=lg_dirty_mult:3||jemalloc 5.* has no setting lg_dirty_mult|
a misspelt name|MALLOC_CONF=narena:1||jemalloc has no setting narena|MALLOC_CONF=narenas:1
a part of it|MALLOC_CONF=tcache:true,narenas:none|MALLOC_CONF=narenas:none|narenas takes .*, not 'none'|
a word for true|MALLOC_CONF=background_thread:yes||background_thread takes false or true|MALLOC_CONF=background_thread:true
a unit|MALLOC_CONF=tcache_max:4K||tcache_max takes a plain number|MALLOC_CONF=tcache_max:4096
a semicolon|MALLOC_CONF=narenas:1;tcache:false||settings are separated by ','|MALLOC_CONF=narenas:1,tcache:false
a value missing|MALLOC_CONF=narenas||narenas has no value|
another variable|_RJEM_MALLOC_CONF=narenas:1||this jemalloc reads another variable|MALLOC_CONF=narenas:1
a misspelt variable|MALLOC_CONFIG=narenas:1||no allocator here reads it|MALLOC_CONF=narenas:1
TABLE
	run env MALLOC_CONF=narenas=1 "${identify[@]}" --json - ./needed
	like "the document has it" "$out" '"variable": "MALLOC_CONF"'
	like "and what is in force is empty" "$out" '"settings_in_force": \{\}'
fi

# --- mimalloc, tcmalloc
mimalloc=$(compgen -G "$libraries/libmimalloc.so.[23]" | head -n 1)
if [ -n "$mimalloc" ]; then
	$CC "$sources/heap.c" -o mi -Wl,--no-as-needed "$mimalloc"
	told "mimalloc, right" MIMALLOC_RESERVE_OS_MEMORY=64MiB ./mi "" "" ""
	told "mimalloc, any case" mimalloc_show_stats=1 ./mi "" "" ""
	told "mimalloc, a misspelt name" MIMALLOC_PURGEDELAY=1 ./mi MIMALLOC_PURGEDELAY=1 \
		"mimalloc has no setting PURGEDELAY" MIMALLOC_PURGE_DELAY=1
	told "mimalloc, the prefix misspelt" MIMALOC_SHOW_STATS=1 ./mi MIMALOC_SHOW_STATS=1 \
		"no allocator here reads it" MIMALLOC_SHOW_STATS=1
	told "mimalloc, no number" MIMALLOC_SHOW_STATS=few ./mi MIMALLOC_SHOW_STATS=few \
		"SHOW_STATS takes a number or a word for true or false, not 'few'" ""
	told "mimalloc, nothing" MIMALLOC_SHOW_STATS= ./mi MIMALLOC_SHOW_STATS= "mimalloc reads nothing as true: SHOW_STATS is 1" ""
	like "mimalloc says so itself" "$(MIMALLOC_VERBOSE=1 MIMALLOC_SHOW_STATS='' ./mi 2>&1)" "option 'show_stats': 1"
fi
tcmalloc=$libraries/libtcmalloc_minimal.so.4
if [ -e "$tcmalloc" ]; then
	$CC "$sources/heap.c" -o tc -Wl,--no-as-needed "$tcmalloc"
	told "tcmalloc, right" TCMALLOC_RELEASE_RATE=0.5 ./tc "" "" ""
	told "tcmalloc, a misspelt name" TCMALLOC_RELEASE_RATES=5 ./tc TCMALLOC_RELEASE_RATES=5 \
		"tcmalloc has no setting RELEASE_RATES" TCMALLOC_RELEASE_RATE=5
fi

# --- Go
"$MADVISOR_SOURCE/tests/targets/identify/make-elf" gopher --static --section .gopclntab
run "${identify[@]}" ./gopher
like "Go without symbols and without a build ID" "$out" '^./gopher: go, linked in$'
told "Go, right" GOGC=off ./gopher "" "" ""
told "Go, no number" GOGC=abc ./gopher GOGC=abc "it takes a whole number or off" ""
told "Go, no bytes" GOMEMLIMIT=1G ./gopher GOMEMLIMIT=1G "it takes off or bytes" ""

# --- LD_PRELOAD
run env LD_PRELOAD=/no/such.so "${identify[@]}" ./plain
like "a preload that is missing" "$out" '^  LD_PRELOAD=/no/such.so has no effect: there is no such file$'
run env LD_PRELOAD=libnosuch.so.9 "${identify[@]}" ./plain
like "a preload that no folder has" "$out" '^  LD_PRELOAD=libnosuch.so.9 has no effect: none of the folders'
echo text >text.so
run env LD_PRELOAD="$tmp/text.so" "${identify[@]}" ./plain
like "a preload that is no library" "$out" '^  LD_PRELOAD=.*/text.so has no effect: it is no library$'
"$MADVISOR_SOURCE/tests/targets/identify/make-elf" foreign.so --machine 40 --bits 32 --needed libc.so.6
run env LD_PRELOAD="$tmp/foreign.so" "${identify[@]}" ./plain
like "a preload for another machine" "$out" 'foreign.so has no effect: it is a library for another kind of machine'
start env LD_PRELOAD=/no/such.so ./plain -
run "${identify[@]}" -p "$pid"
like "a preload that is missing, of a process" "$out" '^  LD_PRELOAD=/no/such.so has no effect'
kill "$pid"
if is_sanitized; then
	skip "musl, with a library for glibc" "madvisor is built with a sanitizer"
elif command -v musl-gcc >/dev/null && [ -e "$jemalloc" ]; then
	musl-gcc -DWITHOUT_DLOPEN "$sources/heap.c" -o musl
	run env LD_PRELOAD="$jemalloc" "${identify[@]}" ./musl
	like "musl, with a library for glibc: musl's own serves" "$out" "^./musl: musl .*, the C library's own"
	like "musl, with a library for glibc: no effect" "$out" \
		'libjemalloc.so.2 has no effect: it is built for glibc, and the program runs on musl'
	run env LD_PRELOAD="$jemalloc" ./musl
	is "musl's loader does not start the program with it" "$status" 127
fi

# --- an environment that was written over
$CC "$sources/title.c" -o title
start env MALLOC_ARENA_MAX=1 ./title
run "${identify[@]}" -p "$pid"
like "an environment written over: it cannot be told" "$out" '; what is set cannot be told$'
like "an environment written over: why" "$out" 'note: the process has written over its environment'
run "${identify[@]}" --json - -p "$pid"
like "an environment written over, in the document" "$out" '"environment_overwritten": true'
kill "$pid"
start env -i ./plain -
run "${identify[@]}" -p "$pid"
like "an empty environment is told" "$out" '; nothing set now$'
kill "$pid"

# --- layers that are switched off
python=$(readlink -f /usr/bin/python3)
if [ -x "$python" ]; then
	run env PYTHONMALLOC=malloc "${identify[@]}" "$python"
	like "pymalloc is switched off" "$out" '^  above malloc: pymalloc: not in use \(PYTHONMALLOC=malloc\)'
	run env PYTHONMALLOC=pymalloc_debug "${identify[@]}" "$python"
	unlike "pymalloc is not switched off" "$out" 'not in use'
	start env PYTHONMALLOC=malloc "$python" -c 'import time; print("ready", flush=True); time.sleep(60)'
	run "${identify[@]}" --json - -p "$pid"
	like "pymalloc is switched off, of a process" "$out" '"in_use": false'
	kill "$pid"
fi

"$MADVISOR_SOURCE/tests/targets/identify/make-elf" zend --needed libc.so.6 --import malloc --define _emalloc
run env USE_ZEND_ALLOC=0 "${identify[@]}" ./zend
like "PHP's manager is switched off" "$out" '^  above malloc: Zend memory manager: not in use \(USE_ZEND_ALLOC=0\)'
run env USE_ZEND_ALLOC=1 "${identify[@]}" ./zend
unlike "PHP's manager is not switched off" "$out" 'not in use'

# --- a library that brings its own
archive=$libraries/libjemalloc_pic.a
if [ -e "$archive" ] &&
	$CC -shared -fPIC "$sources/own-heap.c" -o libown.so "$archive" -Wl,--exclude-libs,ALL -lstdc++ -lm -lpthread; then
	# Its thread-local storage is larger than what the loader keeps free for libraries that come late.
	start env GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 MALLOC_CONF=narenas:2 ./plain ./libown.so
	run "${identify[@]}" -p "$pid"
	like "a library's own heap: whose" "$out" '^  the code of libown.so: jemalloc 5.*, linked in \(.*/libown.so\)$'
	like "a library's own heap: its variable" "$out" 'set it with MALLOC_CONF=.*; set now: MALLOC_CONF=narenas:2$'
	like "a library's own heap: its settings compiled in" "$out" '^    compiled in: narenas:3$'
	like "a library's own heap: not replaceable" "$out" 'cannot replace it: its calls are bound within the library$'
	like "malloc stays the C library's" "$out" "^  malloc: glibc .*, the C library's own"
	kill "$pid"
	cp libown.so libarrow.so.99
	for pool in system jemalloc; do
		start env GLIBC_TUNABLES=glibc.rtld.optional_static_tls=16384 ARROW_DEFAULT_MEMORY_POOL=$pool \
			./plain ./libarrow.so.99
		run "${identify[@]}" -p "$pid"
		if [ $pool = system ]; then
			like "Arrow's jemalloc is switched off" "$out" '^    not in use \(ARROW_DEFAULT_MEMORY_POOL=system\)$'
		else
			unlike "Arrow's jemalloc is chosen" "$out" 'not in use'
			like "and by what is said" "$out" '^    chosen, .* by ARROW_DEFAULT_MEMORY_POOL=jemalloc$'
		fi
		kill "$pid"
	done
else
	skip "a library's own heap" "no $archive (remedy: apt-get install libjemalloc-dev)"
fi
# jemalloc's --with-malloc-conf leaves nothing but a text.
"$MADVISOR_SOURCE/tests/targets/identify/make-elf" configured --needed libc.so.6 --define malloc --define mallctl \
	--text MALLOC_CONF --text 5.3.0-196-ga25b9b8ba91881964be3083db349991bbbbf1661 \
	--text background_thread:true,narenas:2 --text 'narenas:%u' --text 'note:1'
run "${identify[@]}" ./configured
like "settings of --with-malloc-conf" "$out" '^  compiled in: background_thread:true,narenas:2$'
like "a version between releases is told whole" "$out" ': jemalloc 5\.3\.0-196-ga25b9b8ba'
finish
