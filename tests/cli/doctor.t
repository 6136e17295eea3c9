#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# `madvisor doctor`: what it says, and that a terminal of any width can be read.
. "$(dirname "$0")/../lib/tap.sh"

run "$MADVISOR" doctor
is "it ends well" "$status" 0
for section in 'Probes: what can be seen' 'What the probes depend on' 'How steady timings are' Memory Allocators; do
	like "it has a section: $section" "$out" "$section"
done
like "it says what matters most" "$out" 'madvisor can measure here'
like "the C library's allocator is there" "$out" 'ok +glibc'

cat >"$tmp/terminal.py" <<'end'
"""Runs a command in a terminal of so many columns, and prints what it wrote."""
import fcntl, os, pty, struct, sys, termios
pid, terminal = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 50, int(sys.argv[1]), 0, 0))
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    os.write(1, data.replace(b"\r\n", b"\n"))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
end
for columns in 100 132; do
	run python3 "$tmp/terminal.py" $columns "$MADVISOR" doctor
	is "on a terminal of $columns columns it ends well" "$status" 0
	is "no line is longer" "$(awk -v most=$columns 'length > most' <<<"$out")" ""
	is "words stay whole" "$(tr -s ' \n' '\n\n' <<<"$out" | grep -cx 'randomisation')" 1
done
finish
