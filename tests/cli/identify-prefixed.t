# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor identify` on a program with a prefixed jemalloc linked in: a by-product of the Rust targets, whose build
# compare-rust has begun long before.
. "$(dirname "$0")/../lib/tap.sh"

sources=$MADVISOR_SOURCE/tests/targets/identify
glibc=$(getconf GNU_LIBC_VERSION)
CC=${CC:-cc}
cd "$tmp" || exit 1
# meson test sets it, and identify would speak of it.
unset MALLOC_PERTURB_

why=$("$MADVISOR_SOURCE/tests/targets/rust/build" "$MADVISOR_BUILD/rust-targets" 2>&1) ||
	skip_all "the Rust targets cannot be built: ${why##*$'\n'}"
archive=$(compgen -G "$MADVISOR_BUILD/rust-targets/target/release/build/tikv-jemalloc-sys-*/out/lib/libjemalloc.a" |
	head -n 1)
$CC "$sources/prefixed.c" -o prefixed "$archive" -lpthread || skip_all "the program cannot be linked"
for shape in plain stripped; do
	[ $shape = stripped ] && strip prefixed
	run "$MADVISOR" identify ./prefixed
	like "prefixed jemalloc ($shape): two heaps" "$out" 'own names: jemalloc 5.*, linked in$'
	like "prefixed jemalloc ($shape): its variable" "$out" \
		'_RJEM_MALLOC_CONF=key:value,. or /etc/_rjem_malloc.conf;'
	like "prefixed jemalloc ($shape): malloc is another" "$out" "C code \(malloc\): $glibc"
done
run env _RJEM_MALLOC_CONF=no_such_option:1 ./prefixed
like "the program does read that variable" "$err" 'no_such_option'
finish
