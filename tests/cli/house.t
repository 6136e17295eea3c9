# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The rules of the house that a tool can check.
. "$(dirname "$0")/../lib/tap.sh"
cd "$MADVISOR_SOURCE" || exit 1

run tools/check-layers "$MADVISOR_BUILD"
is "includes go downwards only, and no two files need each other" "$status" 0
[ "$status" = 0 ] || diagnose "$out"

# The check itself must be able to fail.
mkdir -p "$tmp/tools" "$tmp/src/base" "$tmp/workload"
cp tools/check-layers "$tmp/tools/"
echo '#include "cmd/command.h"' >"$tmp/src/base/x.c"
run "$tmp/tools/check-layers"
is "an include that goes up is found" "$status" 1
like "and named with its line" "$out" 'src/base/x.c:1: base may not include cmd'

mkdir -p "$tmp/src/cmd"
echo 'struct twice {' | tee "$tmp/src/base/y.c" >"$tmp/src/cmd/y.c"
run "$tmp/tools/check-layers"
like "so is a name that means two things" "$out" 'struct twice: defined in src/base/y.c, src/cmd/y.c'

# Two files that need each other by way of a third, and one that needs them.
objects=$tmp/build/src/base/libbase.a.p
mkdir -p "$objects"
for pair in a:b b:c c:a d:a; do
	echo "void ${pair#*:}(void); void ${pair%:*}(void) { ${pair#*:}(); }" |
		${CC:-cc} -x c -c -o "$objects/${pair%:*}.c.o" -
done
run "$tmp/tools/check-layers" "$tmp/build"
like "so is a circle of files" "$out" '^files that need each other: src/base/a, src/base/b, src/base/c$'
like "with what they need" "$out" '^  src/base/c -> src/base/a: a$'
rm "$objects/c.c.o"
run "$tmp/tools/check-layers" "$tmp/build"
unlike "but not a chain of them" "$out" 'need each other'
run "$tmp/tools/check-layers" "$tmp/no-build"
like "nor is a folder without objects taken for a good one" "$out" 'no objects'

run tools/check-docs "$MADVISOR"
is "help, manual pages and documents agree with the code" "$status" 0
[ "$status" = 0 ] || diagnose "$out" "$err"
finish
