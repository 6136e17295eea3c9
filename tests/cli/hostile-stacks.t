# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A program whose debug information takes minutes to read, and one that shrinks while its stacks are read: that costs
# what is in this file, and no more.
. "$(dirname "$0")/../lib/tap.sh"

"$MADVISOR" list probes 2>/dev/null | grep -qE '^bpf +works' || skip_all "needs the bpf probe"
cc=${CC:-cc}
explain=("$MADVISOR" explain --progress never --details --probe bpf)

# As tests/fixtures/libraries/endless.c, for the function that gives pages back.
cat >"$tmp/endless.c" <<'END'
#include <string.h>
#include <sys/mman.h>
#include <time.h>

static char *area;

__attribute__((noinline, section(".text.endless"))) void endless_function(void)
{
	memset(area, 1, 16 << 20);
	madvise(area, 16 << 20, MADV_DONTNEED);
	__asm__ volatile("");
}

int main(void)
{
	area = mmap(0, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int i = 0; i < 200; i++)
		endless_function();
	return 0;
}

__asm__(".section .debug_abbrev, \"\", %progbits\n"
	"	.uleb128 1, 0x11\n	.byte 1\n	.uleb128 0x11, 0x01, 0x12, 0x07, 0, 0\n"
	"	.uleb128 2, 0x2e\n	.byte 0\n	.uleb128 0x55, 0x17, 0, 0\n"
	"	.uleb128 0\n"
	".section .debug_info, \"\", %progbits\n"
	"unit:	.4byte unit_end - unit_body\n"
	"unit_body:	.2byte 4\n	.4byte 0\n	.byte 8\n"
	"	.uleb128 1\n	.8byte endless_function, 256\n"
	"	.rept 1000\n	.uleb128 2\n	.4byte 0\n	.endr\n"
	"	.byte 0\n"
	"unit_end:\n"
	".section .debug_aranges, \"\", %progbits\n"
	"	.4byte ranges_end - ranges\n"
	"ranges:	.2byte 2\n	.4byte 0\n	.byte 8, 0\n	.4byte 0\n"
	"	.8byte endless_function, 256, 0, 0\n"
	"ranges_end:\n"
	".section .debug_ranges, \"\", %progbits\n"
	"	.rept 2000000\n	.8byte 1, 2\n	.endr\n	.8byte 0, 0\n"
	".text\n");
END
"$cc" -O1 -g0 -o "$tmp/endless" "$tmp/endless.c" || skip_all "no C compiler"

"$cc" -O1 -g0 -o "$tmp/plain" -x c - < <(sed '/^__asm__(".section/,$d' "$tmp/endless.c")

# For the user without rights who reads it.
chmod 711 "$tmp"
SECONDS=0
"${explain[@]}" -- "$tmp/plain" >/dev/null
without=$SECONDS
SECONDS=0
run timeout 100 "${explain[@]}" --json "$tmp/e.json" -- "$tmp/endless"
is "endless debug information: it is explained" "$status" 0
check "... at most 10 s later than without it" test "$SECONDS" -le $((without + 10))
echo "# $SECONDS s with it, $without s without"
text=$(tr -s ' \n' ' ' <<<"$out")
like "... with one sentence about the file" "$text" \
	"functions have no names in $tmp/endless: a reader of its symbols took too long"
is "... and one alone" "$(grep -o 'a reader of' <<<"$text" | wc -l)" 1
like "... and all the rest" "$text" "Kernel time for memory .* madvise\(DONTNEED\) .* Findings"
like "... such as the stacks" "$text" "Pages given back .* endless"
is "... by the places of the functions in the file" "$(python3 - "$tmp/e.json" <<-'END'
	import json, sys
	d = json.load(open(sys.argv[1]))
	print(*{f["function"].partition("+")[0] for f in d["frames"] if (f["module"] or "").endswith("/endless")})
END
)" "endless"
finish
