# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The files for other programs: OpenMetrics as its parser and its specification want it, and CSV, by content.
. "$(dirname "$0")/../lib/tap.sh"

results=$MADVISOR_SOURCE/tests/fixtures/results
cat >"$tmp/strict.py" <<'END2'
"""Reads OpenMetrics 1.0 text by its specification's ABNF and rules; prints what is wrong, then each sample as JSON."""
import json, re, sys
raw = open(sys.argv[1], "rb").read()
text = raw.decode("utf-8")
def wrong(what):
    print("wrong:", what)
    sys.exit(1)
if not text.endswith("\n# EOF\n") or text.count("# EOF") != 1:
    wrong("not one EOF at the end")
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
families, current, samples, seen = {}, None, [], set()
for line in text.split("\n")[:-2]:
    about = re.fullmatch(rf"# (TYPE|UNIT|HELP) ({NAME}) (.*)", line)
    if about:
        kind, name, value = about.groups()
        if name != current:
            if name in families:
                wrong("interleaved: " + name)
            if kind != "TYPE":
                wrong("no TYPE first: " + name)
            current, families[name] = name, {}
        if kind in families[name]:
            wrong(f"{kind} twice: {name}")
        families[name][kind] = value
        if kind == "UNIT" and not name.endswith("_" + value):
            wrong("the name does not end with its unit: " + name)
        if kind == "TYPE" and value not in ("gauge", "info"):
            wrong("type " + value)
        continue
    match = re.fullmatch(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?[0-9.]+(?:e[+-][0-9]+)?)", line)
    if not match:
        wrong("no sample: " + line)
    name, labels, value = match.groups()
    own = current + "_info" if families[current]["TYPE"] == "info" else current
    if name != own or "HELP" not in families[current]:
        wrong("out of its family: " + line)
    pairs = re.findall(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"', labels or "")
    if len(dict(pairs)) != len(pairs) or (name, labels) in seen:
        wrong("a label or sample twice: " + line)
    seen.add((name, labels))
    plain = {k: re.sub(r'\\(.)', lambda m: "\n" if m[1] == "n" else m[1], v) for k, v in pairs}
    samples.append([name, plain, float(value)])
for name in families:
    if re.search(r"_(total|created|count|sum|bucket|gcount|gsum|info)$", name):
        wrong("reserved suffix: " + name)
json.dump([samples, families], sys.stdout)
END2
cat >"$tmp/agree.py" <<'END2'
"""Holds the samples against the document that they were made from."""
import json, sys
samples, families = json.load(open(sys.argv[1]))
document = json.load(open(sys.argv[2]))
units = {f: u.get("UNIT") for f, u in families.items()}
got = {(n, l["case"], l["contender"], l.get("metric", "")): v for n, l, v in samples if "case" in l}
wanted = {}
for row in document["summaries"]:
    key = row["metric"]
    name, scale = ("madvisor_" + key[:-3] + "_seconds", 1e-9) if key.endswith("_ns") else ("madvisor_" + key, 1)
    labels = (row["case"], row["contender"])
    if row["estimate"] is not None:
        wanted[(name, *labels, "")] = row["estimate"] * scale
        assert units[name] == ("seconds" if key.endswith("_ns") else "bytes" if key.endswith("_bytes") else None), name
    for part, column in (("", "ratio"), ("_low", "ratio_low"), ("_high", "ratio_high")):
        if row[column] is not None:
            wanted[("madvisor_to_baseline" + part + "_ratio", *labels, key)] = row[column]
assert got.keys() == wanted.keys() and wanted, (len(got), len(wanted))
for key, value in wanted.items():
    assert abs(got[key] - value) <= 1e-12 * abs(value), (key, got[key], value)
END2
cat >"$tmp/client.py" <<'END2'
"""The same file through the parser of Prometheus' own client: as many samples, no error."""
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = list(parse(open(sys.argv[1], encoding="utf-8").read()))
samples = [s for f in families for s in f.samples]
strict, _ = json.load(open(sys.argv[2]))
assert [(s.name, dict(s.labels), s.value) for s in samples] == [tuple(s) for s in strict]
END2
client=
for python in /usr/bin/python3 python3; do
	"$python" -c 'from prometheus_client.openmetrics import parser' 2>/dev/null && client=$python && break
done
for document in "$results"/*.json; do
	name=$(basename "$document" .json)
	[[ $name == *.hyperfine ]] && continue
	run "$MADVISOR" report "$document" --json "$tmp/now.json" --openmetrics "$tmp/o.txt" --csv "$tmp/s.csv" --csv-runs "$tmp/r.csv"
	is "$name: written" "$status" 0
	check "$name: OpenMetrics by its specification" sh -c "python3 '$tmp/strict.py' '$tmp/o.txt' >'$tmp/samples'"
	[[ $name == *hostile ]] || check "$name: and with the document's figures" python3 "$tmp/agree.py" "$tmp/samples" "$tmp/now.json"
	if [ -n "$client" ]; then
		check "$name: as Prometheus' client reads it" "$client" "$tmp/client.py" "$tmp/o.txt" "$tmp/samples"
	else
		skip "$name: as Prometheus' client reads it" "no python3-prometheus-client"
	fi
	check "$name: CSV has the document's rows and units" python3 - "$tmp/now.json" "$tmp/s.csv" "$tmp/r.csv" <<'END2'
import csv, json, sys
document = json.load(open(sys.argv[1]))
def unit(key):
    return "ns" if key.endswith("_ns") else "bytes" if key.endswith("_bytes") else "number" if key.startswith("custom") else \
        "per_s" if key.endswith("_per_s") else "count"
summaries = list(csv.DictReader(open(sys.argv[2], newline="")))
assert len(summaries) == len(document["summaries"])
for row, wanted in zip(summaries, document["summaries"]):
    assert row["metric"] == wanted["metric"] and row["unit"] == unit(row["metric"]), row
    assert (float(row["estimate"]) if row["estimate"] else None) == wanted["estimate"], row
wanted = []
for run in document["runs"]:
    figures = [(k, v) for k, v in run["metrics"].items() if v is not None]
    wanted += [(str(run["round"]), "yes" if run["observed"] else "no", k, unit(k), v) for k, v in figures] or \
        [(str(run["round"]), "yes" if run["observed"] else "no", "", "", None)]
rows = list(csv.DictReader(open(sys.argv[3], newline="")))
got = [(r["round"], r["observed"], r["metric"], r["unit"], float(r["value"]) if r["value"] else None) for r in rows]
assert all(None not in r.values() and None not in r for r in rows)
assert got == wanted, next((g, w) for g, w in zip(got, wanted) if g != w) if len(got) == len(wanted) else (len(got), len(wanted))
END2
done
run "$MADVISOR" report "$results/hostile.json" --openmetrics - --csv-runs "$tmp/r.csv"
unlike "no name acts on a terminal" "$out$(cat "$tmp/r.csv")" $'[\001-\010\013-\037]'
unlike "nor starts a formula in a spreadsheet" "$(cat "$tmp/r.csv")" '^[=+@-]'
finish
