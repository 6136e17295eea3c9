# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# `madvisor identify` on small programs of every kind, each built here, and on files that are no programs. The
# programs are also run, where that shows who is right: the loader's word, and the allocators' own complaints.
. "$(dirname "$0")/../lib/tap.sh"

sources=$MADVISOR_SOURCE/tests/targets/identify
make_elf=$sources/make-elf
identify=("$MADVISOR" identify)
glibc=$(getconf GNU_LIBC_VERSION)
CC=${CC:-cc}
triple=$($CC -print-multiarch 2>/dev/null)
libraries=/usr/lib/$triple
cd "$tmp" || exit 1
# meson test sets it, and identify would speak of it.
unset MALLOC_PERTURB_

# skip NAME REASON
skip()
{
	points=$((points + 1))
	echo "ok $points - $1 # SKIP $2"
}

# answer NAME REGEX PROGRAM: the first heap's line
answer()
{
	run "${identify[@]}" "$3"
	like "$1" "$out" "^[^ ]*: $2"
}

# The file to which the loader binds the program's malloc.
bound()
{
	LD_BIND_NOW=1 LD_DEBUG=bindings "$@" 2>&1 >/dev/null </dev/null |
		sed -n "s|^.*binding file [^ ]*$1 \[0\] to \([^ ]*\) .*symbol .malloc' .*|\1|p" | head -n 1
}

start()
{
	exec 3< <(exec "$@")
	pid=$!
	read -r -t 20 -u 3 _
}

# --- dynamic, by every shape of file
for shape in "" -no-pie -s "-s -no-pie" -Wl,-z,now; do
	# shellcheck disable=SC2086	# words
	$CC $shape "$sources/heap.c" -o plain
	answer "dynamic ($shape): the C library's" "$glibc, the C library's own \(/" ./plain
	like "dynamic ($shape): replaceable" "$out" '^  LD_PRELOAD can replace it$'
	like "dynamic ($shape): its variable" "$out" 'GLIBC_TUNABLES=glibc.malloc.key=value'
done
run "${identify[@]}" -v ./plain
like "-v shows evidence" "$out" '^  evidence: .*first in the loader.s order that defines malloc'
like "-v shows the kind" "$out" '^  kind: dynamic'
run env GLIBC_TUNABLES=glibc.malloc.top_pad=1 MALLOC_ARENA_MAX=2 "${identify[@]}" ./plain
like "glibc's variables are shown as set" "$out" \
	'set now: .*GLIBC_TUNABLES=glibc.malloc.top_pad=1'
like "the old ones too" "$out" 'MALLOC_ARENA_MAX=2'

# --- static
for shape in -static -static-pie "-static -s"; do
	# shellcheck disable=SC2086
	if $CC $shape -DWITHOUT_DLOPEN "$sources/heap.c" -o static 2>/dev/null; then
		answer "$shape: glibc's malloc is found" "glibc.*, the C library's own$" ./static
		like "$shape: not replaceable" "$out" 'LD_PRELOAD cannot replace it: the program is static'
	else
		skip "$shape" "this compiler cannot link so"
	fi
done

# --- musl
if command -v musl-gcc >/dev/null; then
	musl-gcc -DWITHOUT_DLOPEN "$sources/heap.c" -o musl
	answer "musl, dynamic" "musl 1\.[0-9.]+, the C library's own" ./musl
	like "musl reads no environment" "$out" 'reads no environment: nothing can be set'
	for shape in "" -s; do
		# shellcheck disable=SC2086
		musl-gcc -static $shape -DWITHOUT_DLOPEN "$sources/heap.c" -o musl-static
		answer "musl, static ($shape)" "musl.*, the C library's own$" ./musl-static
	done
	start ./musl -
	run "${identify[@]}" -p "$pid"
	like "musl, a process" "$out" ": musl 1\.[0-9.]+, the C library's own"
	unlike "musl, a process: nothing else" "$out" 'several|note:'
	kill "$pid"
else
	skip "musl" "no musl-gcc (remedy: apt-get install musl-tools)"
fi

# --- an allocator's library
jemalloc=$libraries/libjemalloc.so.2
mimalloc=$(compgen -G "$libraries/libmimalloc.so.[23]" | head -n 1)
tcmalloc=$libraries/libtcmalloc_minimal.so.4
if [ -e "$jemalloc" ]; then
	version=$(dpkg-query -W -f '${Version}' libjemalloc2 2>/dev/null | cut -d - -f 1)
	$CC "$sources/heap.c" -o needed -Wl,--no-as-needed "$jemalloc"
	answer "needed: jemalloc, its version" "jemalloc ${version:-5.*}, a needed library \(.*libjemalloc.so.2\)$" \
		./needed
	like "needed: variable and file" "$out" \
		'^  set it with MALLOC_CONF=key:value,. or /etc/malloc.conf;'
	like "the loader agrees" "$(bound ./needed)" 'libjemalloc'
	run env MALLOC_CONF=narenas:2 GLIBC_TUNABLES=glibc.malloc.top_pad=1 "${identify[@]}" ./needed
	like "needed: what is set" "$out" '; set now: MALLOC_CONF=narenas:2$'
	like "what nobody reads is told" "$out" \
		'^  GLIBC_TUNABLES=glibc.malloc.top_pad=1 has no effect: no allocator here reads it$'
	run env MALLOC_CONF=$'a:\033[31m' "${identify[@]}" ./needed
	like "control characters are escaped" "$out" '^  MALLOC_CONF=a:\\x1b\[31m has no effect: '

	for shape in "" -no-pie -s; do
		# shellcheck disable=SC2086
		$CC $shape "$sources/heap.c" "$sources/conf.c" -o conf -Wl,--no-as-needed "$jemalloc"
		run "${identify[@]}" ./conf
		like "settings compiled in ($shape)" "$out" '^  compiled in: narenas:3,dirty_decay_ms:0$'
	done
	$CC -shared -fPIC "$sources/wrap.c" -o libwrap.so -Wl,--no-as-needed "$jemalloc"
	mkdir -p private
	mv libwrap.so private/
	$CC "$sources/heap.c" -o through private/libwrap.so -Wl,--no-as-needed \
		'-Wl,-rpath,$ORIGIN/private' -L private -l:libwrap.so 2>/dev/null
	patched=$(LC_ALL=C readelf -d through | grep -c 'RUNPATH\|RPATH')
	is "the test's program has a run path" "$patched" 1
	answer "a library's own need comes after the C library" "$glibc, the C library's own" ./through
	like "that there is another is told" "$out" \
		'note: .*libjemalloc.so.2 defines malloc too, but .*libc.so.6 comes first'
	like "the loader agrees there, too" "$(bound ./through)" '/libc\.so'

	if is_sanitized; then
		skip "preloaded" "madvisor is built with a sanitizer"
	else
		run env LD_PRELOAD=libjemalloc.so.2 "${identify[@]}" ./plain
		like "preloaded" "$out" 'jemalloc .*, preloaded \('
	fi
	start env LD_PRELOAD="$jemalloc" MALLOC_CONF=narenas:5 ./plain -
	run "${identify[@]}" -p "$pid"
	like "preloaded, a process" "$out" "^pid $pid \(.*plain\): jemalloc .*, preloaded"
	like "preloaded, what is set" "$out" 'set now: MALLOC_CONF=narenas:5$'
	kill "$pid"
	# The order decides between two.
	if [ -n "$mimalloc" ]; then
		$CC "$sources/heap.c" -o two -Wl,--no-as-needed "$mimalloc" "$jemalloc"
		answer "of two the first serves" 'mimalloc [23].*, a needed library' ./two
		like "of two the second is told" "$out" 'note: .*libjemalloc.so.2 defines malloc too'
		like "as the loader says" "$(bound ./two)" 'libmimalloc'
		start ./plain "$mimalloc"
		run "${identify[@]}" -p "$pid"
		like "opened while running: malloc stays" "$out" "^  malloc: $glibc, the C library's own"
		like "opened while running: told" "$out" \
			'^  code that looked it up.*: mimalloc [23].*, loaded while running \('
		kill "$pid"
		run "${identify[@]}" "$mimalloc"
		like "a library itself" "$out" ': mimalloc [23]\.[0-9.]+, linked in$'
	fi
else
	skip "needed jemalloc" "no $jemalloc"
fi
if [ -e "$tcmalloc" ]; then
	$CC "$sources/heap.c" -o tc -Wl,--no-as-needed "$tcmalloc"
	answer "tcmalloc, its version" 'tcmalloc 2\.[0-9.]+, a needed library' ./tc
fi

# --- in the program itself
$CC "$sources/heap.c" "$sources/bump.c" -fno-builtin -o own
answer "an allocator nobody knows is unknown" 'unknown, linked in$' ./own
like "it cannot be replaced" "$out" 'cannot replace it: the program defines malloc itself'
like "where it is" "$out" 'note: malloc is defined by .*/own, an allocator unknown'
archive=$libraries/libjemalloc.a
if [ -e "$archive" ] && $CC "$sources/heap.c" -o inside "$archive" -lstdc++ -lm -lpthread 2>/dev/null; then
	strip inside
	answer "jemalloc linked in, stripped" 'jemalloc 5.*, linked in$' ./inside
	like "and its variable" "$out" 'set it with MALLOC_CONF='
else
	skip "jemalloc linked in" "no $archive (remedy: apt-get install libjemalloc-dev)"
fi
prefixed=$(compgen -G "$MADVISOR_BUILD/allocators/jemalloc-rjem-*/libjemalloc.so.2" | head -n 1)
if [ -n "$prefixed" ]; then
	$CC "$sources/prefixed.c" -o rjem "$prefixed" "-Wl,-rpath,${prefixed%/*}"
	run "${identify[@]}" ./rjem
	like "a prefixed library: both heaps" "$out" 'own names: jemalloc 5.*, a needed library'
	like "a prefixed library: malloc" "$out" ": $glibc, the C library's own"
	run "${identify[@]}" "$prefixed"
	like "a prefixed library itself" "$out" 'set it with _RJEM_MALLOC_CONF='
else
	skip "a prefixed library" "no build/allocators/jemalloc-rjem (remedy: make allocators)"
fi
run "${identify[@]}" "$MADVISOR"
is_sanitized || like "madvisor, which knows all their texts, has none of them" "$out" ": $glibc, the C library's own"

# --- rights
if [ "$(id -u)" = 0 ] || [ -O plain ]; then
	cp plain rights
	chmod u+s rights
	answer "setuid" "$glibc" ./rights
	like "setuid: not replaceable" "$out" 'LD_PRELOAD cannot replace it: setuid'
	chmod u-s,g+s rights
	run "${identify[@]}" ./rights
	like "setgid: not replaceable" "$out" 'LD_PRELOAD cannot replace it: setgid'
	if ! is_sanitized; then
		run env LD_PRELOAD=libjemalloc.so.2 "${identify[@]}" ./rights
		like "setgid: LD_PRELOAD does not count" "$out" ": $glibc"
	fi
	chmod g-s rights
	if setcap cap_net_raw+ep rights 2>/dev/null; then
		run "${identify[@]}" ./rights
		like "file capabilities: not replaceable" "$out" 'cannot replace it: has file capabilities'
	else
		skip "file capabilities" "setcap does not work here"
	fi
fi

# --- Go
if go=$(command -v go) && file=$(readlink -f "$go") && go version "$file" 2>/dev/null | grep -q ': go'; then
	version=$(go version "$file" | sed 's/.*: go//; s/[ -].*//')
	answer "the go command is a Go program" "go ${version//./\\.}.*, linked in$|[^:]*: several heaps" "$go"
	like "Go: what sets it" "$out" 'set it with GOGC=percent, GOMEMLIMIT=bytes;'
	like "Go: not replaceable" "$out" 'LD_PRELOAD cannot replace it'
else
	skip "Go" "no go command"
fi

# --- machines other than this one
foreign()
{
	local name=$1 wanted=$2
	shift 2
	"$make_elf" "$name" "$@"
	answer "$name" "$wanted" "./$name"
}
foreign aarch64-glibc "glibc, the C library's own$" --needed libc.so.6 --import malloc
foreign aarch64-jemalloc 'jemalloc, a needed library$' --needed libjemalloc.so.2 --needed libc.so.6
foreign aarch64-linked 'jemalloc 5\.3\.0, linked in$' --needed libc.so.6 --define malloc --define mallctl \
	--text MALLOC_CONF --text 5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c
foreign aarch64-static "glibc, the C library's own$" --static --text 'malloc(): corrupted top size'
foreign aarch64-stripped "jemalloc, linked in$" --static --text '<jemalloc>: Error in munmap(): %s'
foreign aarch64-musl "musl, the C library's own$" --needed libc.musl-aarch64.so.1 \
	--interpreter /lib/ld-musl-aarch64.so.1
foreign aarch64-go 'go, linked in$' --static --section .note.go.buildid
foreign arm "glibc, the C library's own$" --machine 40 --bits 32 --needed libc.so.6
foreign ppc64-big-endian "glibc, the C library's own$" --machine 21 --big-endian --needed libc.so.6
foreign missing "glibc, the C library's own$" --needed libstrange.so.1 --needed libc.so.6
like "a library that is not here is a doubt, told" "$out" 'note: not found here: libstrange.so.1;'
foreign nothing 'unknown$' --static
like "unknown says why" "$out" 'cannot replace it: the program is static'
run "${identify[@]}" -v ./aarch64-jemalloc
like "another machine is named" "$out" 'kind: dynamic, aarch64'
if aarch64-linux-gnu-gcc "$sources/heap.c" -o arm64 2>/dev/null; then
	answer "aarch64, by a compiler" "glibc, the C library's own$" ./arm64
	aarch64-linux-gnu-gcc -static -DWITHOUT_DLOPEN "$sources/heap.c" -o arm64
	aarch64-linux-gnu-strip arm64
	answer "aarch64, static, stripped" "glibc.*, the C library's own$" ./arm64
else
	skip "aarch64, by a compiler" "no aarch64-linux-gnu-gcc that links"
fi

# --- scripts
printf '#!%s -\n' "$PWD/plain" >script
printf '#!/usr/bin/env -S FOO=bar plain -x\n' >script-env
printf '#!/bin/sh\n' >script-shell
chmod +x script script-env script-shell
answer "a script" "$glibc|[^:]*: $glibc" ./script
like "its interpreter is named" "$out" 'a script for .*/plain: glibc'
run env PATH="$PWD:$PATH" "${identify[@]}" ./script-env
like "a script through env" "$out" 'a script for .*/plain: glibc'
run "${identify[@]}" ./script-shell
like "a shell's script" "$out" "note: this is the shell's heap"
run env PATH="$PWD:$PATH" "${identify[@]}" plain
like "a command in PATH" "$out" "^plain: $glibc"

# --- what is no program
refused "a file that does not exist" 2 "none: No such file" "${identify[@]}" ./none
refused "a command that does not exist" 2 "no such file, and no such command" "${identify[@]}" no-such-command
refused "a folder" 2 "is a folder" "${identify[@]}" "$tmp"
: >empty
refused "an empty file" 2 "is empty" "${identify[@]}" ./empty
echo hello >text
refused "a text" 2 "neither a program" "${identify[@]}" ./text
mkfifo pipe
refused "a pipe" 2 "not a regular file" "${identify[@]}" ./pipe
$CC -c "$sources/heap.c" -o object.o
refused "an object file" 2 "an object file" "${identify[@]}" ./object.o
printf '#!\n' >script-empty
refused "a script without interpreter" 2 "names no interpreter" "${identify[@]}" ./script-empty
printf '#!/no/such/program\n' >script-lost
refused "a script whose interpreter is missing" 2 "its interpreter: /no/such/program" "${identify[@]}" \
	./script-lost
printf '#!%s\n' "$PWD/script-self" >script-self
chmod +x script-self
refused "a script that runs itself" 2 "without end" "${identify[@]}" ./script-self
for wrong in "" "-p abc" "-p 0" "-p -5" "-p 99999999999"; do
	# shellcheck disable=SC2086	# words
	run "${identify[@]}" $wrong
	is "identify $wrong: refused" "$status" 2
	like "identify $wrong: says why" "$err" 'identify what|no process ID'
done
refused "no such process" 2 "pid 4194999: no such process" "${identify[@]}" -p 4194999
head -c 40 plain >cut-40
head -c 1000 plain >cut-1000
refused "a file cut within its header" 2 "cut-40" "${identify[@]}" ./cut-40
for damage in overlap strings link offsets needed; do
	"$make_elf" hostile --damage $damage --needed libc.so.6 --define malloc
	run timeout 20 "${identify[@]}" ./hostile
	check "hostile ($damage): answered or refused, and soon" test "$status" -le 2
done
run timeout 20 "${identify[@]}" ./cut-1000
like "a file without its section table: unknown, or refused" "$status$out$err" 'unknown|cut-1000'
like "a file that is cut short is said to be so" "$out" 'the file ends before its section table: it is cut short'
python3 - <<'EOF'
import struct
data = bytearray(open("plain", "rb").read())
data[40:48] = bytes(8)
data[58:64] = bytes(6)
open("sectionless", "wb").write(data)
EOF
answer "no section table: unknown" 'unknown$' ./sectionless
like "no section table: the reason" "$out" 'section table was taken out'
if [ "$(id -u)" != 0 ]; then
	cp plain secret
	chmod 0111 secret
	refused "a file that may not be read" 4 "not allowed to read" "${identify[@]}" ./secret
	refused "a process of another user" 4 "not allowed" "${identify[@]}" -p 1
fi

# --- several, JSON, names
run "${identify[@]}" ./plain ./none ./plain
is "one of several fails: its status" "$status" 2
is "and the others are shown" "$(grep -c "^./plain: glibc" <<<"$out")" 2
cp plain $'odd\033[1m\nname'
run "${identify[@]}" $'./odd\033[1m\nname'
like "a hostile name is escaped" "$out" '^./odd\\x1b\[1m\\x0aname: glibc'
cp plain $'bytes\377'
run "${identify[@]}" --json answer.json ./plain ./script ./aarch64-go $'./bytes\377' ./nothing "$MADVISOR"
is "JSON is written" "$status" 0
like "beside the text" "$out" 'plain: glibc'
if python3 -c 'import jsonschema' 2>/dev/null; then
	run python3 -c 'import json, sys, jsonschema
jsonschema.Draft202012Validator(json.load(open(sys.argv[1]))).validate(json.load(open(sys.argv[2])))' \
		"$MADVISOR_SOURCE/docs/identify.schema.json" answer.json
	is "it is what the schema says" "$status$err" 0
else
	skip "the schema" "no python3-jsonschema"
fi
run "${identify[@]}" --json - ./plain
like "JSON on standard output" "$(head -n 2 <<<"$out")" 'madvisor.identify/1'
unlike "instead of the text" "$out" '^  LD_PRELOAD'
refused "JSON to nowhere" 2 "no/such" "${identify[@]}" --json "$tmp/no/such/file" ./plain
start ./plain -
mv plain plain-old
run "${identify[@]}" -p "$pid"
like "a process whose file was moved" "$out" ": $glibc, the C library's own"
rm plain-old
run "${identify[@]}" -p "$pid"
like "a process whose file was deleted" "$out" ": $glibc, the C library's own"
run "${identify[@]}" "/proc/$pid/exe"
like "its file by way of /proc" "$out" ": $glibc, the C library's own"
kill "$pid"
finish
