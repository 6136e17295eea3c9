# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# An installed copy: everything that the manuals name is there and works; `make uninstall` removes it, and nothing else.
. "$(dirname "$0")/../lib/tap.sh"

export DESTDIR=$tmp/root
source=$MADVISOR_SOURCE
command -v meson >/dev/null || skip_all "no meson"
run meson install -C "$MADVISOR_BUILD" --no-rebuild --quiet
is "it is installed" "$status" 0
# A sanitizer's build may have other commands; this one is the one under test.
installed=$(find "$DESTDIR" -type f -name madvisor -perm -u+x -path '*/bin/*')
check "the program is there" cmp "$installed" "$MADVISOR"
run "$installed" --help
commands=$(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' <<<"$out")
if command -v scdoc >/dev/null; then
	for page in madvisor.1 madvisor-workload.1 madvisor-probes.7 madvisor-contenders.7 $(printf 'madvisor-%s.1 ' $commands); do
		check "its manual is there: $page" test -n "$(find "$DESTDIR" -path "*/man/man?/$page")"
	done
fi
for file in bash-completion/completions/madvisor site-functions/_madvisor vendor_completions.d/madvisor.fish \
	libexec/madvisor/madvisor-workload libexec/madvisor/madvisor-launcher libexec/madvisor/libmadvisor-witness.so; do
	check "installed: $file" test -n "$(find "$DESTDIR" -path "*/$file")"
done
run "$installed" list cases --names
is "it finds its workload" "$status" 0
like "and its cases" "$out" '^mpsc/16K/senders=5$'
run "$installed" bench mpsc/8/senders=1 --rounds 2 --contenders glibc --probe rusage --json "$tmp/r.json" --quiet
is "it measures" "$status" 0
# What is missing can be had without a build folder.
run env MADVISOR_ALLOCATOR_PATH= "$installed" list allocators --format json
unlike "a hint for an installed copy names no build folder's command" "$out" 'make allocators( \(|")'
run "$installed" bench mpsc/8/senders=1 --contenders snmalloc
[ "$status" = 0 ] || like "a missing allocator's hint fits" "$err" 'hint: get it: .*make allocators install'

# An allocator as `make allocators` leaves it, and a file of somebody else's beside it.
libdir=$(find "$DESTDIR" -type d -path '*/madvisor/allocators' | head -n 1)
if [ -z "$libdir" ]; then
	run meson introspect "$MADVISOR_BUILD" --buildoptions
	libdir=$DESTDIR$(python3 -c 'import json, sys
o = {o["name"]: o["value"] for o in json.load(sys.stdin)}
print(o["prefix"] + "/" + o["libdir"])' <<<"$out")/madvisor/allocators
fi
mkdir -p "$libdir/tiny-1.0" "$libdir/own"
echo 'library=libtiny.so' >"$libdir/tiny-1.0/allocator.info"
touch "$libdir/tiny-1.0/libtiny.so" "$libdir/own/notes"
run "$source/tools/uninstall" "$MADVISOR_BUILD"
is "it is uninstalled" "$status" 0
is "nothing is left but what is somebody else's" "$(find "$DESTDIR" ! -type d)" "$libdir/own/notes"
is "and no folder of its own" "$(find "$DESTDIR" -type d -empty \( -name madvisor -o -name allocators \))" ""
run "$source/tools/uninstall" "$MADVISOR_BUILD"
is "once more is no error" "$status $out" "0 removed 0 files"
finish
