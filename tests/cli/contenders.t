# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Who can be compared: the list, the settings, and what is refused.
. "$(dirname "$0")/../lib/tap.sh"

run "$MADVISOR" list allocators --names
is "the names are listed" "$status" 0
like "glibc is among them, first" "$(head -n 1 <<<"$out")" '^glibc$'
names=$out
is "every name is listed once" "$(sort <<<"$names" | uniq -d)" ''
check "a prefixed library is no contender" test -z "$(grep rjem <<<"$names")"
run "$MADVISOR" list allocators
for name in jemalloc mimalloc snmalloc tcmalloc tbb; do
	if grep -qx "$name" <<<"$names"; then
		like "$name works, with its version" "$out" "^ *$name +works +[0-9]+\\.[0-9]"
	else
		like "$name is missing, with the command that gets it" "$out" "$name +missing.*(apt-get|make)"
	fi
done

run env MADVISOR_ALLOCATOR_PATH=/no/such "$MADVISOR" list allocators --names
is "a search path that is not there does no harm" "$status" 0

run "$MADVISOR" list settings --names
for key in trim_threshold tcache_max PURGE_DELAY RELEASE_RATE; do
	like "the setting $key is listed" "$out" "(^|[^A-Za-z_])$key"
done

# Every contender listed can be asked for by exactly that name, in one run.
bench=("$MADVISOR" bench --quiet --rounds 2 --probe rusage --json "$tmp/r.json" churn/single)
run "${bench[@]}" --contenders "$(paste -sd, <<<"$names")"
is "all of them run together" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
proven=$(python3 - "$tmp/r.json" <<-'end'
	import json, sys
	for contender in json.load(open(sys.argv[1]))['contenders']:
	    if contender['role'] in ('twin', 'limit'):
	        continue
	    injected = contender['name'] == 'glibc' or contender['library']
	    if injected and 'serves malloc' in (contender['proof'] or ''):
	        print(contender['name'])
end
)
is "each has its library and its proof in the result" "$(sort <<<"$proven")" "$(sort <<<"$names")"

# The user's own settings must not leak into a contender.
run env MALLOC_ARENA_MAX=1 MALLOC_CONF=junk:true "$MADVISOR" bench --rounds 2 --probe rusage \
	--progress never churn/single --contenders glibc
is "a user's own variables do not stop it" "$status" 0
like "they are set aside, and it says so" "$err" 'MALLOC_ARENA_MAX.*set aside'
like "all of them" "$err" 'MALLOC_CONF.*set aside'

# A library of one's own: proven like the others; half an allocator is refused.
fixtures=$MADVISOR_BUILD/tests/fixtures/libraries
refused "half an allocator" 2 'defines no realloc' \
	"$MADVISOR" bench churn/single --contenders "half=$fixtures/libfixture-half.so"
refused "settings for a library that nobody knows" 2 'does not know the settings' \
	"$MADVISOR" bench churn/single --contenders "bump=$fixtures/libfixture-bump.so[a:1]"
refused "the name of a known allocator for another library" 2 'not jemalloc' \
	"$MADVISOR" bench churn/single --contenders "jemalloc=$fixtures/libfixture-bump.so"
refused "the baseline's reserved partner" 2 'reserved' \
	"$MADVISOR" bench churn/single --contenders limit

rjem=$("$MADVISOR" list allocators | sed -n 's/^ *\(jemalloc-[a-z]*\) .*/\1/p' | head -n 1)
if [ -n "$rjem" ]; then
	refused "a prefixed library" 2 "cannot be preloaded" \
		"$MADVISOR" bench churn/single --contenders "$rjem"
	like "it says which variable that one reads" "$err" '_RJEM_MALLOC_CONF'
else
	diagnose "there is no prefixed jemalloc here: its refusal is not tested"
fi
# Piped, a list is as wide as COLUMNS says, if it says so.
for width in 60 80; do
	for topic in settings probes allocators cases; do
		widest=$(COLUMNS=$width "$MADVISOR" list "$topic" 2>/dev/null | awk '{ if (length($0) > w) w = length($0) } END { print w }')
		check "list $topic fits $width columns" test "$widest" -gt 20 -a "$widest" -le "$width"
	done
done
finish
