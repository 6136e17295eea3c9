#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools/deb: what it needs, what it hands to Debian's tools, and when it fails. Stand-ins take the place of those tools;
# tests/fresh/deb tries the packages themselves.
. "$(dirname "$0")/common.sh"

command -v meson >/dev/null || skip_all 'no meson'
build=$tmp/build
export TREE=$tmp/tree
PATH=$bin:$PATH

stand_in dpkg-buildpackage <<'end'
cp -a . "$TREE"
[ -z "${FAIL:-}" ] || { echo 'error: Unmet build dependencies: clang'; exit 3; }
touch ../madvisor_1_x.deb ../madvisor-allocators_1_x.deb
end
stand_in dh </dev/null
stand_in lintian <<'end'
[ "$PWD" -ef . ] || exit 3
[ -z "${FINDS:-}" ] || { echo "E: $FINDS"; exit 2; }
end

mkdir -p "$build"
run "$root/tools/deb" "$build"
result 'without allocators: refused' is_status 4
result '… with the command that builds them' says 'remedy: make allocators'

mkdir -p "$build/allocators/tiny-1" "$build/allocators/source/tikv-jemalloc-sys-1/jemalloc" \
	"$build/allocators/source/libmimalloc-sys-1/c_src/mimalloc/v3"
echo 'library=libtiny.so' >"$build/allocators/tiny-1/allocator.info"
run "$root/tools/deb" "$build"
result 'without their licences: refused' is_status 4
printf 'Their words.\n\n  More of them.\n' >"$build/allocators/source/tikv-jemalloc-sys-1/jemalloc/COPYING"
printf 'Others\n' >"$build/allocators/source/libmimalloc-sys-1/c_src/mimalloc/v3/LICENSE"

run "$root/tools/deb" "$build"
result 'the packages are built' is_status 0
result '… and named' says 'deb/madvisor-allocators_1_x.deb$'
result '… from the tree' cmp "$TREE/src/main.c" "$root/src/main.c"
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")
result '… with its version' grep -q "^madvisor ($version) " "$TREE/debian/changelog"
result 'the licences of the allocators are with them' \
	grep -qxF ' Their words.' "$TREE/debian/madvisor-allocators.copyright"
result '… an empty line as Debian wants it' grep -qx ' \.' "$TREE/debian/madvisor-allocators.copyright"
result '… and no gap is left to fill' not grep -rq '^@' "$TREE/debian"
result 'what was needed only to build is gone' not test -e "$build/deb/madvisor-$version"

rm -rf "$TREE"
FAIL=yes run "$root/tools/deb" "$build"
result 'a failed build fails' is_status 1
result '… and says why' says 'Unmet build dependencies: clang'
rm -rf "$TREE"
FINDS=something run "$root/tools/deb" "$build"
result "an error that lintian finds fails" is_status 2
result '… and is shown' says 'E: something'

mkdir "$tmp/elsewhere"
for command in bash dirname realpath cat tail tr grep cut; do
	ln -s "$(command -v "$command")" "$tmp/elsewhere/"
done
PATH=$tmp/elsewhere run "$root/tools/deb" "$build"
result 'without the tools: refused' is_status 4
result '… with the remedy' says 'remedy: tools/setup build deb'
finish
