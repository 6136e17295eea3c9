#!/bin/bash
# SPDX-License-Identifier: MIT
#
# allocators/build: with a recipe and crate of its own and a stand-in for cargo, so that nothing is
# fetched and little is compiled.
. "$(dirname "$0")/common.sh"

mkdir "$tmp/tools"
cp -R "$root/allocators" "$tmp/allocators"
cp "$root/tools/progress.sh" "$tmp/tools/"
driver=$tmp/allocators/build
export BUILD=$tmp/build PATH=$bin:$PATH TINY=$tmp/tiny FAKE_CARGO=1.85.1 TINY_VERSION=1.0.0
built=$BUILD/allocators

# A crate with one C file: `cargo vendor --versioned-dirs DIR`.
stand_in cargo <<'end'
case $1 in
--version)	echo "cargo $FAKE_CARGO (0000000 2025-01-01)" ;;
vendor)		mkdir -p "$3/tiny-sys-$TINY_VERSION" && cp "$TINY/malloc.c" "$3/tiny-sys-$TINY_VERSION" ;;
esac
end
mkdir "$TINY"
cat >"$TINY/malloc.c" <<'end'
/* Never gives anything back: enough for a short command. */
#include <stddef.h>
#include <string.h>
static _Alignas(16) char heap[32 << 20];
static size_t used;
void *malloc(size_t size)
{
	size_t *head = (size_t *)(heap + used);
	used += (size + 31) & ~(size_t)15;
	if (used > sizeof(heap))
		return NULL;
	head[0] = size;
	return head + 2;
}
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t size) { return malloc(n * size); }
void *realloc(void *p, size_t size)
{
	void *q = malloc(size);
	if (p && q)
		memcpy(q, p, ((size_t *)p)[-2] < size ? ((size_t *)p)[-2] : size);
	return q;
}
end
cat >"$tmp/allocators/recipes/tiny.sh" <<'end'
name=tiny
crate=tiny-sys
needs=cc
library=libtiny.so
prefix=
recipe_version() { echo "$crate_version"; }
recipe_build() { "$CC" -shared -fPIC -O1 -fno-builtin $TINY_FLAGS "$1/malloc.c" -o "$3/$library"; }
end
export TINY_FLAGS=

FAKE_CARGO=1.65.0 run "$driver" tiny
result 'an old cargo: left out' is_status 1
is '… in one line' "$(grep -c '' <<<"$err")" 1
result '… that names the version, the one needed, and the remedy' \
	says 'left out: tiny: cargo 1.65.0 .* 1.68 .*rustup.*; then: make allocators$'

run "$driver" tiny
result 'a recipe is built' is_status 0
result '… and its library put where madvisor looks' test -e "$built/tiny-1.0.0/libtiny.so"
run cat "$built/tiny-1.0.0/allocator.info"
result '… with its name' says '^name=tiny$'
result '… its version' says '^version=1.0.0$'
result '… its library' says '^library=libtiny.so$'
result '… no prefix' says '^prefix=$'
result '… its crate' says '^crate=tiny-sys 1.0.0$'
result '… and its compiler' says '^built=.'

run "$driver" tiny
result 'what is up to date is left alone, silently' silent

echo '# moved' >>"$tmp/allocators/crates/Cargo.toml"
TINY_VERSION=1.0.1 run "$driver" tiny
result 'another pin: built again' test -e "$built/tiny-1.0.1/libtiny.so"
result '… and the old version is gone' not test -e "$built/tiny-1.0.0"

echo '# changed' >>"$tmp/allocators/recipes/tiny.sh"
TINY_FLAGS=-Dmalloc=not_malloc run "$driver" tiny
result 'a library that does not serve malloc is refused' is_status 1
result '… with the reason' says 'left out: tiny: malloc is not bound'
result '… and the former one stays' test -e "$built/tiny-1.0.1/libtiny.so"

TINY_FLAGS=-Dfree=1+ run "$driver" tiny
result 'a library that does not compile is left out' is_status 1
result '… and its log named' says "see $built/log/tiny.log"

run "$driver" tiny
result 'and the next run mends it' is_status 0

MESON_BUILD_ROOT=$BUILD MESON_INSTALL_DESTDIR_PREFIX=$tmp/usr run "$root/allocators/install" lib/madvisor
result 'what was built is installed' is_status 0
result '… the library' test -x "$tmp/usr/lib/madvisor/tiny-1.0.1/libtiny.so"
result '… and what says what it is' test -e "$tmp/usr/lib/madvisor/tiny-1.0.1/allocator.info"

run "$driver" no-such
result 'an unknown recipe is a usage error' is_status 2
result '… that names the recipes' says snmalloc
finish
