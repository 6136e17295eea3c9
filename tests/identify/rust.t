# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Rust programs with each global allocator, as cargo leaves them and stripped, from the file and from the process.
. "$(dirname "$0")/../lib/tap.sh"

build=$MADVISOR_BUILD/rust-targets
why=$("$MADVISOR_SOURCE/tests/targets/rust/build" "$build" 2>&1) ||
	skip_all "the Rust targets cannot be built: ${why##*$'\n'}"
glibc=$(getconf GNU_LIBC_VERSION)
# meson test sets it, and identify would speak of it.
unset MALLOC_PERTURB_

# expect ALLOCATOR HEAP SETTINGS PROGRAM NAME: what must be said of both heaps
expect()
{
	local name=$1 heap=$2 variable=$3 program=$4 what=$5
	run "$MADVISOR" identify "$program"
	is "$what: identified" "$status" 0
	like "$what: Rust code is served by $name" "$out" "^  Rust code: $heap, linked in$"
	like "$what: what sets it" "$out" "^    $variable"
	like "$what: it cannot be replaced" "$out" "^    LD_PRELOAD cannot replace it: its calls are bound within the file"
	like "$what: C code has the C library's" "$out" "^  C code \(malloc\): $glibc, the C library's own"
	like "$what: which can be replaced" "$out" "^    LD_PRELOAD can replace it$"
}

programs=$build/target/release
while IFS=';' read -r name heap variable; do
	program=$programs/tokio-$name
	expect "$name" "$heap" "$variable" "$program" "$name"
	strip -o "$tmp/stripped" "$program"
	expect "$name" "$heap" "$variable" "$tmp/stripped" "$name, stripped"
done <<'EOF'
jemalloc;jemalloc 5\.3\.[-0-9a-z]+;set it with _RJEM_MALLOC_CONF=key:value,. or /etc/_rjem_malloc.conf
mimalloc;mimalloc [23];set it with MIMALLOC_KEY=value
snmalloc;snmalloc 0\.7\.[0-9]+;it reads no environment: nothing can be set
EOF

for what in plain stripped; do
	program=$programs/tokio-std
	[ $what = plain ] || { strip -o "$tmp/stripped" "$program"; program=$tmp/stripped; }
	run "$MADVISOR" identify "$program"
	like "std, $what: one heap, the C library's" "$out" ": $glibc, the C library's own"
	unlike "std, $what: no other" "$out" 'several heaps|unknown|linked in'
	like "std, $what: it can be replaced" "$out" '^  LD_PRELOAD can replace it$'
done

run env _RJEM_MALLOC_CONF=tcache_max:4096 "$MADVISOR" identify "$programs/tokio-jemalloc"
like "its variable is shown as set" "$out" '; set now: _RJEM_MALLOC_CONF=tcache_max:4096$'
run env MALLOC_CONF=tcache_max:4096 "$MADVISOR" identify "$programs/tokio-jemalloc"
like "the unprefixed variable is told to be idle" "$out" \
	'^  MALLOC_CONF=tcache_max:4096 has no effect: this jemalloc reads another variable; write _RJEM_MALLOC_CONF='
like "and not shown as set" "$out" '_rjem_malloc.conf; nothing set now$'

# What identify says can be tried: jemalloc itself complains about a wrong setting in its own variable only.
run env _RJEM_MALLOC_CONF=no_such_option:1 "$programs/tokio-jemalloc" tasks --tasks 1 --rounds 1
like "the program reads _RJEM_MALLOC_CONF" "$err" '<jemalloc>: Invalid conf pair: no_such_option:1'
run env MALLOC_CONF=no_such_option:1 "$programs/tokio-jemalloc" tasks --tasks 1 --rounds 1
unlike "and not MALLOC_CONF" "$err" 'jemalloc'

exec 3< <(_RJEM_MALLOC_CONF=narenas:2 exec "$programs/tokio-jemalloc" sleep --seconds 60)
pid=$!
read -r -t 20 -u 3 ready _
is "the process is up" "$ready" ready
run "$MADVISOR" identify -p "$pid"
like "a process: Rust code" "$out" '^  Rust code: jemalloc 5\.3\.[-0-9a-z]+, linked in$'
like "a process: C code" "$out" '^  C code \(malloc\): glibc'
like "a process: what is set" "$out" '; set now: _RJEM_MALLOC_CONF=narenas:2$'
kill "$pid"
finish
