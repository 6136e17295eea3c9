# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Yama's ptrace_scope 1 (Documentation/admin-guide/LSM/Yama.rst), the default of many distributions: a user's process may be
# traced by its ancestors alone, and by whom it names. madvisor's tracer is a child of madvisor's, so the program names madvisor.
. "$(dirname "$0")/../lib/tap.sh"

scope=/proc/sys/kernel/yama/ptrace_scope
if ! command -v strace >/dev/null || is_sanitized; then
	skip "the program names madvisor" "strace is not here, or is no use beside a sanitizer"
else
	run strace -f -qq -e trace=prctl,execve -o "$tmp/log" "$MADVISOR" compare --progress never --probe rusage --rounds 1 \
		--contenders self -- /bin/true
	if grep -q execve "$tmp/log"; then
		# The first process is madvisor; a program is the one that executes /bin/true.
		madvisor=$(head -n 1 "$tmp/log" | cut -d ' ' -f 1)
		program=$(sed -n 's/^\([0-9]*\) *execve("\/bin\/true".*/\1/p' "$tmp/log" | head -n 1)
		like "the program names madvisor, in its own process" "$(cat "$tmp/log")" \
			"^$program +prctl\\((PR_SET_PTRACER|0x59616d61), $madvisor[,)]"
	else
		skip "the program names madvisor" "strace cannot trace here: $err"
	fi
fi

# The real thing takes a kernel with Yama, and root, to set it and to become another user.
if [ ! -e $scope ]; then
	skip "a user's program is followed under ptrace_scope 1" "this kernel has no Yama"
elif [ "$(id -u)" != 0 ] && [ "$(cat $scope)" != 1 ]; then
	skip "a user's program is followed under ptrace_scope 1" "it is $(cat $scope) here (remedy: run as root)"
else
	before=$(cat $scope)
	trap 'echo "$before" >$scope 2>/dev/null; rm -rf "$tmp"' EXIT
	as=()
	if [ "$(id -u)" = 0 ] && [ "$before" -lt 2 ]; then
		echo 1 >$scope
		as=(setpriv --reuid nobody --regid nogroup --clear-groups)
	fi
	chmod 755 "$tmp"
	mkdir -m 777 "$tmp/open"
	bump=$MADVISOR_BUILD/tests/fixtures/libraries/libfixture-bump.so
	if [ "$(cat $scope)" = 1 ] && "${as[@]}" test -r "$bump" -a -x "$MADVISOR"; then
		run env HOME="$tmp/open" XDG_STATE_HOME="$tmp/open" "${as[@]}" "$MADVISOR" compare --progress never --probe rusage \
			--rounds 2 --contenders "bump=$bump" --json "$tmp/open/r.json" -- sh -c 'env -i sh -c :'
		is "a user's program is followed under ptrace_scope 1" \
			"$status $(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["effects"][0]["source"])' "$tmp/open/r.json")" "0 ptrace"
	else
		skip "a user's program is followed under ptrace_scope 1" "it is above 1, or nobody may not read the build"
	fi
fi
finish
