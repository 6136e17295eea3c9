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

# Lines to copy hold what the target's own environment held: a shell that is given one sets the variable, and no more.
cat >"$tmp/set.py" <<'END'
import json, sys
document = json.load(open(sys.argv[1]))
finding = next(f for f in document["findings"] if f["settings"])
value = json.loads('"%s"' % sys.argv[2])
finding["env"] = ["MALLOC_CONF=" + value]
finding["settings"] = [{"key": "k", "variable": "MALLOC_CONF", "value": value, "why": None, "risk": None}]
json.dump(document, open(sys.argv[3], "w"))
END
cat >"$tmp/line.py" <<'END'
import html, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
found = {
    "term": r"What to set\n  (MALLOC_CONF=.*)",
    "markdown": r"## What to set\n\n`+sh\n(.*)\n`+\n",
    "html": r"<h2>What to set</h2>\n<pre><code>(.*)</code></pre>",
}[sys.argv[2]]
match = re.search(found, text)
line = match.group(1) if match else ""
print(html.unescape(line) if sys.argv[2] == "html" else line)
END
cat >"$tmp/data.py" <<'END'
import html, re, sys
text = open(sys.argv[1], encoding="utf-8").read()
# As a reader sees it: without Markdown's backslashes and HTML's entities.
if sys.argv[2] == "markdown":
    text = re.sub(r"\\([\\`*_\[\]|~#!$])", r"\1", text)
if sys.argv[2] != "term":
    text = html.unescape(re.sub(r"<[^>]*>", "", text))
match = re.search(r"It\s+is:\s+(MALLOC_CONF=.*?)\s*\(escaped:", text, re.S)
if not match:
    open("no data in " + sys.argv[2], "w").close()
print(match.group(1))
END
explained=$MADVISOR_SOURCE/tests/fixtures/results/explained.json
# shellcheck disable=SC2016
for value in "x;touch pwned #'" '$(touch pwned)' '`touch pwned`' '```' '</code><script>' 'a  b' 'plain:1'; do
	python3 "$tmp/set.py" "$explained" "$value" "$tmp/r.json"
	"${report[@]}" --markdown "$tmp/markdown" --html "$tmp/html" "$tmp/r.json" >"$tmp/term"
	for format in term markdown html; do
		line=$(python3 "$tmp/line.py" "$tmp/$format" "$format")
		mkdir -p "$tmp/shell"
		got=$(cd "$tmp/shell" && sh -c "$line
printf '%s' \"\$MALLOC_CONF\"")
		is "$format: a shell that is given $value sets it" "$got" "$value"
		is "$format: and does nothing else with $value" "$(ls "$tmp/shell")" ""
	done
done
for value in "x;touch pwned #'\\u001b[31m" 'a\nb' 'x\u202ey' 'x\u00ad\\xff'; do
	python3 "$tmp/set.py" "$explained" "$value" "$tmp/r.json"
	"${report[@]}" --markdown "$tmp/markdown" --html "$tmp/html" "$tmp/r.json" >"$tmp/term"
	for format in term markdown html; do
		is "$format: there is no line to copy for $value" "$(python3 "$tmp/line.py" "$tmp/$format" "$format")" ""
		(cd "$tmp/shell" && python3 "$tmp/data.py" "$tmp/$format" "$format" | sh) >"$tmp/ignored" 2>&1
		is "$format: and copied all the same, $value runs nothing" "$(ls "$tmp/shell")" ""
		like "$format: but the value, escaped, as data" "$(tr -s ' \n' ' ' <"$tmp/$format")" "no line to copy: .*MALLOC.*x(1b|0a|e2|ff)"
	done
done
finish
