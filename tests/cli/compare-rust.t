# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Programs around tokio that bring their allocator along: preloading is refused, their own settings are compared.
. "$(dirname "$0")/../lib/tap.sh"

build=$MADVISOR_BUILD/rust-targets
why=$("$MADVISOR_SOURCE/tests/targets/rust/build" "$build" 2>&1) ||
	skip_all "the Rust targets cannot be built: ${why##*$'\n'}"
programs=$build/target/release
compare=("$MADVISOR" compare --progress never --details --probe rusage --rounds 3 --timeout 10m)
work=(channel --bytes 32768 --messages 3000)
# meson test sets it: it would change what glibc does.
unset MALLOC_PERTURB_

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

jemalloc=$programs/tokio-jemalloc
for contenders in all jemalloc self,jemalloc; do
	refused "tokio with jemalloc: preloading is refused ($contenders)" 2 \
		'LD_PRELOAD has no effect on .*tokio-jemalloc: it uses jemalloc 5\.[-0-9a-z.]+, which is linked in' \
		"${compare[@]}" --contenders "$contenders" -- "$jemalloc" "${work[@]}"
done
like "the variable that it reads is named" "$err" 'hint: tune it through _RJEM_MALLOC_CONF'
way_out=$(sed -n "s/.*--contenders '\([^']*\)'.*/\1/p" <<<"$err")
is "and the contenders to compare instead" "$way_out" 'self,self[tcache_max:4096]'

# As the hint says it.
run "${compare[@]}" --contenders "$way_out" --metric 'msgs=^messages_per_s ([0-9]+)$' --higher-is-better \
	--json "$tmp/r.json" -- "$jemalloc" "${work[@]}"
is "they are compared" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "in the prefixed variable" "$(value '[c["env"] for c in d["contenders"] if c["name"].startswith("self[")]')" \
	"[['_RJEM_MALLOC_CONF=tcache_max:4096']]"
like "the program itself took the setting" \
	"$(value '[c["proof"] for c in d["contenders"] if c["name"].startswith("self[")]')" 'the program itself takes its settings'
is "every run has its figure, its time and its memory" \
	"$(value 'len([r for r in d["runs"] if r["metrics"]["custom"] > 0 and r["metrics"]["wall_ns"] and r["metrics"]["peak_rss_bytes"]])')" 9
is "the same sum arrives under both" "$(value '[n for n in d["notes"] if "measures loading" not in n]')" '[]'
like "the report says what sets it" "$out" 'self\[tcache_max:4096\] is set by _RJEM_MALLOC_CONF=tcache_max:4096'

# Purged at once, every buffer is faulted in again: a setting that must show, behind one of the user's own.
run env _RJEM_MALLOC_CONF=narenas:1 "${compare[@]}" --contenders 'self,self[tcache:false,dirty_decay_ms:0,muzzy_decay_ms:0]' \
	--json "$tmp/r.json" -- "$jemalloc" "${work[@]}"
is "settings behind the user's own" "$status" 0
like "take effect: more faults" "$(value '[s["ratio"] for s in d["summaries"] if s["contender"].startswith("self[") and s["metric"] == "minor_faults"][0] > 1.5')" True
refused "a setting that its jemalloc does not take" 2 'jemalloc refuses it: Invalid conf pair: tcache_maxx:1' \
	"${compare[@]}" --contenders 'self,self[tcache_maxx:1]' -- "$jemalloc" "${work[@]}"

refused "tokio with mimalloc: preloading is refused" 2 'it uses mimalloc [0-9.]+, which is linked in' \
	"${compare[@]}" --contenders all -- "$programs/tokio-mimalloc" "${work[@]}"
run "${compare[@]}" --contenders 'self,self[PURGE_DELAY=0]' --json "$tmp/r.json" -- "$programs/tokio-mimalloc" "${work[@]}"
is "its settings are compared" "$status $(value '[s["ratio"] for s in d["summaries"] if s["contender"].startswith("self[") and s["metric"] == "minor_faults"][0] > 2')" '0 True'
refused "tokio with snmalloc: nothing can be set" 2 'reads no settings' \
	"${compare[@]}" --contenders 'self[x:1]' -- "$programs/tokio-snmalloc" "${work[@]}"

# Rust's default is the C library's malloc: what is preloaded serves it.
run "${compare[@]}" --contenders self,all --json "$tmp/r.json" -- "$programs/tokio-std" "${work[@]}"
is "tokio without an allocator of its own is compared" "$status" 0
is "under contenders that are seen to serve it" \
	"$(value '[c["name"] for c in d["contenders"] if c["role"] == "contender" and "seen in a run of it" not in c["proof"]]')" '[]'

finish
