#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools/bench: how long it measures, with a stand-in for madvisor.
. "$(dirname "$0")/common.sh"

export BUILD=$tmp/build
mkdir "$BUILD"
cat >"$BUILD/madvisor" <<'end'
#!/bin/bash
echo "madvisor $*"
end
chmod +x "$BUILD/madvisor"

# The budget when so many seconds have passed since `make bench` was typed, 2 seconds more or less.
budget_after() {
	local budget
	BENCH_STARTED=$(($(date +%s) - $1)) run "$root/tools/bench" auto --suite seed
	budget=$(sed -n 's/.*--budget \([0-9]*\) .*/\1/p' <<<"$out")
	[ "$budget" -ge $(($2 - 2)) ] && [ "$budget" -le $(($2 + 2)) ]
}

result 'a quick machine measures for as long as it is worth' budget_after 60 480
result '… a slow one for what is left' budget_after 560 271
result '… and always for long enough to say something' budget_after 3600 120

run "$root/tools/bench" 1800 churn/single --rounds 3
result 'a time that was asked for is kept' says '--budget 1800 '
result 'what was asked for is measured' says ' churn/single --rounds 3$'
result 'progress shows without a terminal' says '--progress always'
for form in html markdown json; do
	result "a $form report is written" says "--$form $BUILD/bench\."
done
result 'its place is the last line' says "^report: $BUILD/bench.html"

printf '#!/bin/sh\nexit 3\n' >"$BUILD/madvisor"
run "$root/tools/bench" auto
result 'what madvisor says of its success is kept' is_status 3
finish
