#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: embed.py SCRIPT.js OUTPUT.c: the page's script as a C array, with the hash that lets it run."""
import base64
import hashlib
import pathlib
import sys

script = pathlib.Path(sys.argv[1]).read_bytes()
# Nothing in a script element may look like its end, nor open a comment that hides it.
if b"</" in script or b"<!--" in script or len(script) > 12 * 1024:
    sys.exit(f"{sys.argv[1]}: holds </ or <!--, or is larger than 12 KiB")
rows = "\n".join(",".join(map(str, script[i:i + 32])) + "," for i in range(0, len(script), 32))
digest = base64.b64encode(hashlib.sha256(script).digest()).decode()
pathlib.Path(sys.argv[2]).write_text(
    '#include "report/format/page.h"\n\n'
    f"const char page_script[] = {{\n{rows}\n0\n}};\n"
    f'const char page_script_hash[] = "sha256-{digest}";\n',
    encoding="utf-8")
