# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The recipe of docs/CI.md, run as it stands there: it passes, fails, or says that it cannot tell. How often it is right on
# many pairs is measured by benchmarks/gate.
. "$(dirname "$0")/../lib/tap.sh"

cc=${CC:-cc}
mkdir "$tmp/bin"
ln -s "$MADVISOR" "$tmp/bin/madvisor"
export PATH=$tmp/bin:$PATH
cd "$tmp" || exit 1
sed -n '/^```sh$/,/^```$/p' "$MADVISOR_SOURCE/docs/CI.md" | sed '1d;$d' >"$tmp/performance-gate"
chmod +x "$tmp/performance-gate"
is "the recipe is a script" "$(head -n 1 "$tmp/performance-gate")" '#!/bin/sh'

cat >"$tmp/prog.c" <<'end'
#include <stdint.h>
#include <stdio.h>
int main(void)
{
	uint64_t state = 88172645463325252u;
	for (long i = 0; i < STEPS; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
	}
	puts(state ? "done" : "");
	return 0;
}
end
"$cc" -O2 -DSTEPS=10000000L -o "$tmp/old" "$tmp/prog.c" || skip_all "no C compiler"
"$cc" -O2 -DSTEPS=10000000L -o "$tmp/same" "$tmp/prog.c"
"$cc" -O2 -DSTEPS=11000000L -o "$tmp/slower" "$tmp/prog.c"

gate()
{
	run "$tmp/performance-gate" "$@"
	[ -z "$err" ] || diagnose "$(grep 'fail-if' <<<"$err")"
}

for time in first second; do
	gate "$tmp/old" "$tmp/same"
	is "equal builds pass, the $time time" "$status $out" "0 performance: passed"
	gate "$tmp/old" "$tmp/slower"
	is "a build that takes 10% more steps fails, the $time time" "$status $out" "1 performance: failed, the new build is slower"
done
like "the line says by which interval" "$err" 'holds: new costlier 5%: CPU time is .* the whole interval is above 1\.05'
like "the Markdown for the pull request too" "$(cat performance.md)" 'holds: new costlier 5%'
is "the document is kept beside it" "$(python3 -c 'import json; print(json.load(open("performance.json"))["gates"][0]["decision"])')" holds

# A run loops up to 512 times as often as another, of either build.
cat >"$tmp/noisy" <<'end'
#!/bin/bash
turns=$((200 << RANDOM % 10))
for ((i = 0; i < turns; i++)); do :; done
end
chmod +x "$tmp/noisy"
cp "$tmp/noisy" "$tmp/noisy-too"
export GATE_BUDGET=2
gate "$tmp/noisy" "$tmp/noisy-too"
is "too much noise is neither" "$status $out" "5 performance: undecided, too noisy for 2 s"
like "in words" "$err" 'undecided: new costlier 5%'
gate "$tmp/old" "$tmp/not-there"
is "what cannot be run is not measured" "$status $out" "3 performance: not measured"

finish
