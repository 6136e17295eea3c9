# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor report` on what is no result.
. "$(dirname "$0")/../lib/tap.sh"

report=("$MADVISOR" report)
refused "a file that does not exist" 2 "No such file" "${report[@]}" "$tmp/none.json"
: >"$tmp/empty.json"
refused "an empty file" 2 "empty.json" "${report[@]}" "$tmp/empty.json"
echo '{"schema": "madvisor.result/1", "runs": [' >"$tmp/cut.json"
refused "a truncated file" 2 "cut.json" "${report[@]}" "$tmp/cut.json"
echo '{"schema": "madvisor.result/99"}' >"$tmp/later.json"
refused "another schema" 2 "madvisor.result/99" "${report[@]}" "$tmp/later.json"
echo '[1, 2, 3]' >"$tmp/list.json"
refused "JSON that is no result" 2 "list.json" "${report[@]}" "$tmp/list.json"
python3 -c 'print("[" * 100000)' >"$tmp/deep.json"
refused "hostile nesting" 2 "deep.json" "${report[@]}" "$tmp/deep.json"
refused "a folder" 2 "" "${report[@]}" "$tmp"
refused "no result at all" 2 "" env XDG_STATE_HOME="$tmp/nothing" "${report[@]}"
finish
