#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tests/vm/run: what it makes of what a guest prints, and of one that is lost, with stand-ins for QEMU, Meson and apt.
. "$(dirname "$0")/common.sh"

[ "$(uname -m)" = x86_64 ] || skip_all 'the guests are x86-64'
export PATH=$bin:$PATH CALLS=$tmp/calls GUESTS=$tmp/guests
build=$tmp/build
kernel=$build/vm/amd64-6.1
mkdir -p "$kernel/modules" "$GUESTS" "$build"
echo linux-image-6.1.0-1-amd64 >"$kernel/package"
touch "$kernel/vmlinuz" "$build/vm/busybox"

# Dependencies first, whatever their names; one that is not a file is part of the kernel.
printf 'x\0depends=virtio_ring,virtio\0' >"$kernel/modules/virtio_pci.ko"
printf 'x\0depends=virtio_ring\0' >"$kernel/modules/virtio.ko"
python3 -c 'import lzma, sys; sys.stdout.buffer.write(lzma.compress(b"x\0depends=\0"))' >"$kernel/modules/virtio_ring.ko.xz"

# What the numbered guest prints, in order; it ends when that ends, or hangs. It keeps the archive.
stand_in qemu-system-x86_64 <<'end'
echo "$*" >>"$CALLS"
number=$(wc -l <"$CALLS")
while [ $# -gt 0 ]; do
	case $1 in
	-serial) serial=("${serial[@]}" "${2#file:}") ;;
	-chardev) serial=("${serial[@]}" "${2##*path=}") ;;
	-initrd) cp "$2" "$GUESTS/initramfs" ;;
	esac
	shift
done
echo 'Kernel panic - not syncing' >"${serial[0]}"
cat "$GUESTS/$number" >"${serial[1]}"
! grep -q hang "$GUESTS/$number" || exec sleep 60
end
stand_in meson <<'end'
cat <<'list'
[{"name": "first", "suite": ["madvisor:unit"], "protocol": "exitcode", "cmd": ["/none"], "env": {}, "timeout": 1, "workdir": null},
 {"name": "first", "suite": ["madvisor:cli"], "protocol": "tap", "cmd": ["/bin/bash", "a b"], "env": {"A": "it's"}, "timeout": 1, "workdir": null},
 {"name": "second", "suite": ["madvisor:unit"], "protocol": "exitcode", "cmd": ["/bin/true"], "env": {}, "timeout": 1, "workdir": null},
 {"name": "third", "suite": ["madvisor:kernel"], "protocol": "tap", "cmd": ["/bin/true"], "env": {}, "timeout": 1, "workdir": "/tmp"}]
list
end
stand_in apt-cache <<'end'
printf 'linux-image-%s\n' amd64 6.1-amd64 6.1.0-9-amd64 6.1.0-10-amd64 6.1.0-11-cloud-amd64 6.1.0-11-amd64-unsigned \
	6.12.9+deb13-amd64 6.12.10+deb13-amd64 6.12.10+deb13-rt-amd64 6.1.0-10-arm64
end

# guests TEXT…: what each guest prints, escapes allowed.
guests() {
	local number=0 text
	rm -f "$CALLS" "$GUESTS"/[0-9]*
	for text; do
		number=$((number + 1))
		printf '%b\n' "$text" >"$GUESTS/$number"
	done
}

vm() {
	run "$root/tests/vm/run" -t 0.5 "$@"
}

last_line() {
	is "$1" "$(tail -n 1 <<<"$out")" "$2"
}

up='@up 2 6.1.0-1-amd64\n'
guests "$up@begin 0\nok 1 - x\n1..1\n@end 0 0\n@begin 1\nhello\n@end 1 0\n@begin 2\n1..0 # SKIP no tool\n@end 2 0\n@done"
vm "$build" first second third
result 'nothing fails: it succeeds' is_status 0
last_line '… and counts' '2 passed, 0 failed, 1 skipped'
result '… one guest' test "$(wc -l <"$CALLS")" = 1
result '… points are shown, indented' says '^    ok 1 - x$'
result '… the reason of one skipped' says '^ok 3 - amd64-6.1, CPUs: 2: third # SKIP no tool$'
result '… a plan' says '^1..3$'
result 'words of a command are quoted, and the environment is set' \
	grep -qaF "env 'A=it'\"'\"'s' timeout -k 5 0 /bin/bash 'a b'" "$GUESTS/initramfs"
result 'a module comes after those it depends on' \
	grep -qaz 'modules/00-virtio_ring.ko' "$GUESTS/initramfs"
result '…' grep -qaz 'modules/02-virtio_pci.ko' "$GUESTS/initramfs"

guests "$up@begin 0\nok 1 - x\nnot ok 2 - y\n1..2\n@end 0 0\n@begin 1\n@end 1 77\n@done"
vm "$build" first second
result 'a point fails: it fails' is_status 1
last_line '… and is counted' '0 passed, 1 failed, 1 skipped'

guests "$up@begin 0\nok 1 - x\n1..2\n@end 0 0\n@begin 1\n@end 1 124\n@done"
vm "$build" first second
result 'a test that ends before its plan failed' says '^# 1 of 2 points$'
result 'one that took too long failed' says '^# it took too long$'
last_line '…' '0 passed, 2 failed, 0 skipped'

guests "$up@begin 0\nok 1 - x" "$up@begin 0\n@end 0 0\n@done"
vm "$build" first second
result 'the guest ends in a test: it fails' is_status 1
result '… and says so' says '^# the guest has ended$'
result '… with the end of the console' says 'Kernel panic'
result '… and another guest runs the rest' says '^ok 2 - .*: second$'
last_line '…' '1 passed, 1 failed, 0 skipped'

guests "$up@begin 0\nhang"
vm "$build" first
result 'the guest hangs: it fails' is_status 1
result '… and says so' says '^# the guest hangs$'

guests '' "$up@begin 0\n@end 0 0\n@done"
vm "$build" second third
result 'a guest that never comes up fails a test too' says '^not ok 1 - .*: second$'

guests "$up@begin 0\n@end 0 0\n@done" "$up@begin 0\n@end 0 1\n@done"
vm -c 1,4 -a 'word=1' "$build" second
result 'two guests: a table' says '^| second | passed | failed |$'
result '… with their CPUs' grep -q -e '-smp 4 ' "$CALLS"
result '… and words for the kernel' grep -q -e 'loglevel=5 word=1 -serial' "$CALLS"

guests "$up@begin 0\nhang"
"$root/tests/vm/run" -t 100 "$build" first >"$tmp/ended" 2>&1 &
until grep -q first "$tmp/ended"; do sleep 0.1; done
kill $!
wait $!
is 'one that is ended' $? 143
check '… takes its guest along' gone_soon

run "$root/tests/vm/run" -l "$build"
is 'the kernels that apt knows, none for clouds' "$out" $'amd64-6.1\namd64-6.12'
vm -k amd64-5.4 "$build" second
result 'another one is refused' is_status 3
result '… with those that there are' says 'amd64-6.1, amd64-6.12'
vm -k arm64-6.1 "$build" second
result 'an architecture that the tests are not built for is refused' is_status 3
result '… with the remedy' says 'there is no .*/build-arm64: make arm64'

# Of another architecture: with the build folder, the root and the packages of that one.
arm64=$build/vm/arm64-6.1
mkdir -p "$build-arm64" "$build/arm64/sysroot" "$arm64/modules"
echo linux-image-6.1.0-1-arm64 >"$arm64/package"
touch "$arm64/vmlinuz" "$build/vm/busybox-arm64"
ln -s qemu-system-x86_64 "$bin/qemu-system-aarch64"
run "$root/tests/vm/run" -l "$build"
is 'where they are built for arm64, its kernels too' "$out" $'amd64-6.1\namd64-6.12\narm64-6.1'
guests "$up@begin 0\n@end 0 0\n@done"
vm -k arm64-6.1 "$build" second
last_line '… and the tests run under one' '1 passed, 0 failed, 0 skipped'
result '… with its own root' grep -q -e "id=root,path=$build/arm64/sysroot," "$CALLS"
result '… in which the tree has a place' test -d "$build/arm64/sysroot$root"
guests "$up@begin 0\n@end 0 0\n@begin 1\n@end 1 0\n@done"
vm "$build" unit:
last_line 'a whole suite can be named' '2 passed, 0 failed, 0 skipped'
guests "$up@begin 0\n@end 0 77\n@done"
vm "$build" unit:first
last_line 'a suite can be named' '0 passed, 0 failed, 1 skipped'
vm "$build" fourth
result 'an unknown test is refused' says 'no such test: fourth'
vm -c 0 "$build" second
result 'no CPU is refused' is_status 2
finish
