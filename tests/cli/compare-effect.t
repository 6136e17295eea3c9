# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# In which processes of a command a contender serves malloc, by CPU time, and what that says about a verdict.
. "$(dirname "$0")/../lib/tap.sh"

bump=$MADVISOR_BUILD/tests/fixtures/libraries/libfixture-bump.so
spend=$MADVISOR_BUILD/tests/targets/spend
[ -e "$bump" ] || skip_all "no contender of its own: $bump"
compare=("$MADVISOR" compare --progress never --probe rusage --rounds 3 --contenders "bump=$bump" --json "$tmp/r.json")
cp "$spend" "$tmp/prog"
cp "$spend-static" "$tmp/prog-static"
cd "$tmp" || exit 1

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		e = (d.get("effects") or [{}])[0]
		p = [(x["path"].split("/")[-1], x["reason"], x["processes"]) for x in e.get("programs", [])]
		verdicts = [s["verdict"] for s in d["summaries"] if s["contender"] == "bump" and s["metric"] == "wall_ns"]
		print(eval(sys.argv[2]))
	end
}

# The text of the report in one line.
flat()
{
	tr -s ' \n' ' ' <<<"$out"
}

run "${compare[@]}" -- ./prog 20
like "a contender in effect is said to serve malloc" "$(value '[c["proof"] for c in d["contenders"]]')" "serves malloc in the program, seen in a run"
is "in every process" "$(value '(e["processes"], e["without"], e["without_pct"])')" "(1, 0, 0)"
unlike "which needs no footnote" "$out" "ran without it"
[ "$(value 'e["source"]')" = ptrace ] || { skip "who ran without it" "processes cannot be traced here"; finish; }
check "the CPU time is the program's" test "$(value '15e6 < e["cpu_ns"] < 60e6')" = True

run "${compare[@]}" -- env -i ./prog 60
is "env -i: the program ran without it" "$(value '(e["processes"], e["without"], p)')" "(2, 1, [('prog', 'environment', 1)])"
check "with nearly all the CPU time" test "$(value '80 < e["without_pct"] < 100')" = True
like "so there is no verdict" "$out" "^ *bump .* withheld\^"
is "nor in the document" "$status $(value 'verdicts')" "0 [None]"
like "the table says how much, and why" "$(flat)" \
	"\^ bump: 1 of 2 processes, [89][0-9]\.[0-9]% of the CPU time, ran without it: prog \(started without LD_PRELOAD\)\. No verdict"
like "and what to do" "$(flat)" "Remedy: have the wrapper pass LD_PRELOAD on"
like "and no sentence judges it" "$out" "bump: no verdict"

run "${compare[@]}" -- sh -c 'env -u LD_PRELOAD ./prog 60'
is "env -u LD_PRELOAD below a shell is found" "$(value '(e["without"], p, verdicts)')" "(1, [('prog', 'environment', 1)], [None])"

printf '#!/bin/sh\nunset LD_PRELOAD\nexec "$@"\n' >wrapper
chmod +x wrapper
run "${compare[@]}" -- ./wrapper ./prog 60
is "so is a wrapper that unsets it" "$(value '(e["without"], p, verdicts)')" "(1, [('prog', 'environment', 1)], [None])"

cat >parent.py <<'end'
import subprocess, sys
sys.exit(subprocess.run(["./prog-static", "250"]).returncode)
end
python=$(python3 -c 'import os, sys; print(os.path.realpath(sys.executable))')
run "${compare[@]}" --rounds 2 -- "$python" -S -E parent.py
is "a static program that Python starts is found" "$(value '(e["processes"], e["without"], p, verdicts)')" \
	"(2, 1, [('prog-static', 'static', 1)], [None])"
like "and told from one that lost its environment" "$(flat)" "prog-static \(linked statically\).*Remedy: .*madvisor identify"

# A program that brings its own allocator is named by it, static or not: malloc may be the contender's in one that hardly
# calls it. Go's are known by their table of functions.
cat >gopher.c <<'end'
__asm__(".section .gopclntab,\"a\"\n.long 0xfffffff1\n.previous");
int main(void)
{
	for (volatile unsigned i = 0; i < 40000000; i++)
		;
	return 0;
}
end
for shape in -static -pie; do
	if ! "${CC:-cc}" $shape -o gopher gopher.c 2>/dev/null; then
		skip "a Go program ($shape)" "this compiler cannot link so"
		continue
	fi
	run "${compare[@]}" --rounds 2 -- sh -c './gopher; exit 0'
	is "a Go program is named as one ($shape)" "$(value '(e["without"], p, verdicts, e["programs"][0]["allocator"])')" \
		"(1, [('gopher', 'own', 1)], [None], 'go')"
	like "with what sets it ($shape)" "$(flat)" "gopher \(its own allocator: go\).*Remedy: GOGC=percent, GOMEMLIMIT=bytes sets it"
done
if gofmt=$(command -v gofmt) && root=$(go env GOROOT 2>/dev/null) && [ -d "$root/src/net" ]; then
	run "${compare[@]}" --rounds 2 -- sh -c "'$gofmt' -l '$root/src/net' >/dev/null; exit 0"
	like "so is a real one" "$(value 'p')" "'gofmt', 'own'"
else
	skip "so is a real one" "no gofmt"
fi

# The loader ignores LD_PRELOAD where the file gives privileges.
cp prog prog-setuid
if chown nobody prog-setuid 2>/dev/null && chmod 4755 prog-setuid && [ "$(id -u)" = 0 ] && chmod 755 . &&
	[ "$(./prog-setuid 1 && ! grep -qE ' nosuid' <<<"$(findmnt -no OPTIONS -T . 2>/dev/null)" && echo suid)" = suid ]; then
	run "${compare[@]}" -- sh -c './prog-setuid 60; exit 0'
	is "a setuid program is named as one" "$(value '(e["without"], p, verdicts)')" "(1, [('prog-setuid', 'privileged', 1)], [None])"
	like "with why" "$(flat)" "prog-setuid \(privileged by its file\)"
else
	skip "a setuid program is named as one" "it takes root, and a folder that is not mounted nosuid"
fi

# A 32-bit program, without a C library for it: the dynamic loader is a program that does the work. Its loader cannot take
# a library of 64 bits.
cat >bits.c <<'end'
void _start(void)
{
	for (volatile unsigned i = 0; i < 40000000; i++)
		;
	__asm__ volatile("int $0x80" : : "a"(1), "b"(0));
	for (;;)
		;
}
end
if [ "$(uname -m)" = x86_64 ] && "${CC:-cc}" -m32 -nostdlib -static -fno-pie -no-pie -o bits-static bits.c 2>/dev/null &&
	"${CC:-cc}" -m32 -nostdlib -fPIC -shared -Wl,-e,_start -o bits-loader bits.c 2>/dev/null &&
	"${CC:-cc}" -m32 -nostdlib -fPIE -pie -Wl,--dynamic-linker="$PWD/bits-loader" -o bits bits.c 2>/dev/null &&
	./bits && ./bits-static; then
	run "${compare[@]}" --rounds 2 -- sh -c './bits; exit 0'
	is "a 32-bit program is named as one" "$(value '(e["without"], p, verdicts)')" "(1, [('bits', 'foreign', 1)], [None])"
	like "with what to do" "$(flat)" "bits \(a 32-bit program\).*Remedy: contenders are built for this machine's 64 bits"
	run "${compare[@]}" --rounds 2 -- sh -c './bits-static; exit 0'
	is "a static one is static" "$(value 'p')" "[('bits-static', 'static', 1)]"
else
	skip "a 32-bit program is named as one" "none can be built or run here"
fi

# A small part is said; a very small one is not.
run "${compare[@]}" -- sh -c './prog 100; env -i ./prog 40'
is "a quarter without it leaves the verdict" "$(value 'len([v for v in verdicts if v])')" 1
like "which is marked" "$out" "^ *bump .* (faster|slower|tie|unclear)\^"
like "and explained" "$(flat)" "1 of 4 processes, [23][0-9]\.[0-9]% of the CPU time, ran without it"
run "${compare[@]}" -- sh -c './prog 200; env -i ./prog 1'
check "what takes little is in the document" test "$(value 'e["without"] == 1 and 0 < e["without_pct"] <= 5')" = True
unlike "and not in the table" "$out" "ran without it"

# Shares are exact for processes that are far shorter than a tick of the clock.
run "${compare[@]}" --rounds 2 -- sh -c 'i=0; while [ $i -lt 100 ]; do env -i ./prog 1; i=$((i + 1)); done'
is "100 short processes are counted" "$(value '(e["processes"], e["without"], p)')" "(201, 100, [('prog', 'environment', 100)])"
check "with the time that they took, of 1 ms and their start" test "$(value '100e6 < e["cpu_ns"] * e["without_pct"] / 100 < 400e6')" = True
# Forks that do not exec are of their parent's program.
run "${compare[@]}" --rounds 2 -- ./prog 2 20
is "forks without exec share their parent's malloc" "$(value '(e["processes"], e["without"])')" "(21, 0)"

# A program that traces itself fails under a tracer: then the witness's own word has to do.
cat >selftrace.c <<'end'
#include <stdlib.h>
#include <sys/ptrace.h>
int main(void)
{
	for (volatile long i = 0; i < 30000000; i++)
		;
	return ptrace(PTRACE_TRACEME, 0, 0, 0) < 0;
}
end
if "${CC:-cc}" -o selftrace selftrace.c 2>/dev/null; then
	run "${compare[@]}" -- ./selftrace
	is "a program that traces itself is compared" "$status $(value '(e["processes"], e["source"])')" "0 (None, 'witness')"
	check "with the share that it tells" test "$(value 'e["without_pct"] < 30')" = True
fi

# A library of the program's own that has an allocator in it: no contender replaces that one.
own=$("$MADVISOR" list allocators | sed -n 's/^mimalloc[@0-9.]* .*[^_]LD_PRELOAD *\(\/[^ ]*\).*/\1/p' | head -n 1)
cat >loads.c <<'end'
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
int main(int argc, char **argv)
{
	void *own = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
	void *(*get)(size_t) = own ? dlsym(own, "malloc") : NULL;
	if (!get)
		return 3;
	for (int turn = 0; turn < 75; turn++) {
		char *volatile block = get(100000);
		for (int i = 0; i < 100000; i += 4096)
			block[i] = 1;
		nanosleep(&(struct timespec){ 0, 20000000 }, NULL);
	}
	return 0;
}
end
if [ -n "$own" ] && "${CC:-cc}" -o loads loads.c -ldl 2>/dev/null; then
	run "${compare[@]}" --rounds 1 -- ./loads "$own"
	like "an allocator that a library brings along is named" "$(value 'd["notes"]')" \
		"command: libmimalloc[^ ]* brings mimalloc [0-9.]+ of its own into loads: contenders do not replace that"
	like "with its variable, and that of self[...]" "$(value 'd["notes"]')" "Its variable is MIMALLOC_[^ ]*: self\[\.\.\.\] sets that by keys of mimalloc, and GLIBC_TUNABLES by keys of glibc"
fi

# What a program writes in the witness's name: it can only speak for itself, and does no harm.
cat >liar.sh <<'end'
#!/bin/sh
printf 'start\tff\t/etc/passwd\tx\n' >>"$MADVISOR_WITNESS"
printf 'end\tff\t%s\t99999999999\n' "$1" >>"$MADVISOR_WITNESS"
head -c 100000 /dev/urandom >>"$MADVISOR_WITNESS"
exec env -i ./prog 60
end
chmod +x liar.sh
run "${compare[@]}" -- ./liar.sh "$bump"
is "a forged testimony changes nobody else's" "$status $(value '(p[0], verdicts)')" "0 (('prog', 'environment', 1), [None])"

finish
