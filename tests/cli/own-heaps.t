# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# self[...] reaches allocators that a library of the program brings along, when it is loaded while the program runs.
. "$(dirname "$0")/../lib/tap.sh"

CC=${CC:-cc}
sources=$MADVISOR_SOURCE/tests/targets/identify
archive=/usr/lib/$($CC -print-multiarch 2>/dev/null)/libjemalloc_pic.a
unset MALLOC_PERTURB_
cd "$tmp" || exit 1
[ -e "$archive" ] || skip_all "no $archive (remedy: apt-get install libjemalloc-dev)"

# Loads libraries, and uses the allocator of the first for long enough to be looked at, which takes more than a second.
cat >loads.c <<'end'
#include <dlfcn.h>
#include <stddef.h>
#include <time.h>
int main(int argc, char **argv)
{
	void *(*take)(size_t) = NULL;
	for (int i = 1; i < argc; i++) {
		void *library = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
		void *found = library ? dlsym(library, "own_take") : NULL;
		if (!found)
			return 3;
		take = take ? take : found;
	}
	for (int turn = 0; turn < 75; turn++) {
		char *block = take(100000);
		for (int i = 0; i < 100000; i += 4096)
			block[i] = 1;
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	return 0;
}
end
$CC -o loads loads.c -ldl && $CC -shared -fPIC "$sources/own-heap.c" -o libown.so "$archive" -Wl,--exclude-libs,ALL -lstdc++ -lm -lpthread ||
	skip_all "the library cannot be linked"
# Its thread-local storage is larger than what the loader keeps free for libraries that come late.
export GLIBC_TUNABLES=glibc.rtld.optional_static_tls=65536
./loads ./libown.so || skip_all "the library cannot be loaded"
compare=("$MADVISOR" compare --progress never --probe rusage --rounds 1 --json "$tmp/r.json")

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

run "${compare[@]}" --contenders 'self[narenas:2]' -- ./loads ./libown.so
is "a setting of a library's own allocator is taken" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "by its variable" "$(value '[(c["allocator"], c["env"]) for c in d["contenders"] if "[" in c["name"]]')" "[('jemalloc', ['MALLOC_CONF=narenas:2'])]"
like "and that allocator was asked" "$(value '[c["proof"] for c in d["contenders"] if "[" in c["name"]]')" "the program itself takes its settings"
like "the note says so" "$(value 'd["notes"]')" "libown.so brings jemalloc [^ ]+ of its own into loads: .* Its variable is MALLOC_CONF: self\\[\\.\\.\\.\\] sets that by keys of jemalloc"
refused "one that it lacks is refused" 2 "jemalloc|no setting" "${compare[@]}" --contenders 'self[tcache_mx:2]' -- ./loads ./libown.so

# Arrow's library chooses between several by a variable.
cp libown.so libarrow.so.99
run "${compare[@]}" --contenders 'self[ARROW_DEFAULT_MEMORY_POOL=jemalloc,narenas:2]' -- ./loads ./libarrow.so.99
is "a variable that chooses an allocator is taken" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "beside a setting of that" "$(value '[sorted(c["env"]) for c in d["contenders"] if "[" in c["name"]]')" \
	"[['ARROW_DEFAULT_MEMORY_POOL=jemalloc', 'MALLOC_CONF=narenas:2']]"
refused "one that it does not have" 2 "ARROW_DEFAULT_MEMORY_POOL takes no 'hoard'" \
	"${compare[@]}" --contenders 'self[ARROW_DEFAULT_MEMORY_POOL=hoard]' -- ./loads ./libarrow.so.99
run env ARROW_DEFAULT_MEMORY_POOL=system "${compare[@]}" --contenders self -- ./loads ./libarrow.so.99
is "an allocator that is not in use is not said to do work" "$status $(value '[n for n in d["notes"] if "brings" in n]')" "0 []"
finish
