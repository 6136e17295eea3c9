# SPDX-License-Identifier: MIT
"""A program whose work, and not its time, is the same each time, for benchmarks of the harness itself."""

import math
import subprocess
import time

SOURCE = """
#include <stdlib.h>
#include <string.h>
int main(int argc, char **argv)
{
	unsigned long left = strtoul(argv[1], NULL, 10);
	for (; left; left--) {
		char *block = malloc(64 + left % 4096);
		memset(block, (int)left, 64);
		free(block);
	}
	return argc < 2;
}
"""
BLOCKS = 1000000


def command(folder, milliseconds):
    """Builds it in the folder, and returns the command line that takes about so long on an idle machine."""
    source, program = folder / "busy.c", folder / "busy"
    source.write_text(SOURCE, encoding="utf-8")
    subprocess.run(["cc", "-O1", "-fno-builtin", "-o", str(program), str(source)], check=True)
    best = math.inf
    for _ in range(7):
        before = time.monotonic()
        subprocess.run([str(program), str(BLOCKS)], check=True)
        best = min(best, time.monotonic() - before)
    return [str(program), str(int(BLOCKS * milliseconds / 1000 / best))]
