# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What madvisor writes and what its tests read is what docs/result.schema.json says.
. "$(dirname "$0")/../lib/tap.sh"

source=${MADVISOR_SOURCE:?}
python=
for candidate in python3 /usr/bin/python3; do
	"$candidate" -c 'from jsonschema import Draft202012Validator' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || skip_all "python3-jsonschema is not installed"

cat >"$tmp/validate.py" <<'END'
import json, sys
from jsonschema import Draft202012Validator

schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
errors = list(Draft202012Validator(schema).iter_errors(json.load(open(sys.argv[2]))))
for error in errors[:5]:
    print("#", error.json_path, error.message)
sys.exit(bool(errors))
END
cat >"$tmp/same.py" <<'END'
import json, sys

# Whether all that part says stands in whole too, which may say more: keys are added to the format.
def contains(whole, part):
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return whole == part

sys.exit(not contains(json.load(open(sys.argv[2])), json.load(open(sys.argv[1]))))
END
valid() { "$python" "$tmp/validate.py" "$source/docs/result.schema.json" "$1"; }
invalid() { ! valid "$1" >/dev/null; }

for fixture in "$source"/tests/fixtures/results/*.json; do
	case $fixture in *.hyperfine.json) continue ;; esac
	name=${fixture##*/}
	if [[ $name == v1-* ]]; then
		check "$name, of an older schema, is not valid by this one" invalid "$fixture"
		run "$MADVISOR" report --json "$tmp/again.json" "$fixture"
		is "$name is rendered all the same" "$status" 0
		check "$name, written again, is valid" valid "$tmp/again.json"
		continue
	fi
	check "$name is valid" valid "$fixture"
	run "$MADVISOR" report --json "$tmp/again.json" "$fixture"
	is "$name is rendered" "$status" 0
	check "$name is written again with all it says" "$python" "$tmp/same.py" "$fixture" "$tmp/again.json"
	check "$name, written again, is valid" valid "$tmp/again.json"
done

# The schema is no sieve: each of these is refused by madvisor too.
one=$source/tests/fixtures/results/one.json
while IFS='|' read -r name from to; do
	sed "s|$from|$to|" "$one" >"$tmp/broken.json"
	check "$name: not valid" invalid "$tmp/broken.json"
	refused "$name: refused" 2 "broken.json" "$MADVISOR" report "$tmp/broken.json"
done <<'END'
another schema|madvisor.result/2|madvisor.result/3
a kind that does not exist|"kind": "bench"|"kind": "race"
a parameter without a value|"value": 16384|"value": null
a seed that is a number|"seed": "[0-9]*"|"seed": 7
a verdict of another kind|"verdict": "faster"|"verdict": "better"
a negative time|"wall_ns": |"wall_ns": -
no contenders|"contenders"|"candidates"
END

run "$MADVISOR" bench mpsc/8/senders=1 --rounds 2 --contenders glibc --json "$tmp/real.json" --quiet
is "a bench runs" "$status" 0
check "what bench writes is valid" valid "$tmp/real.json"
is "its cases say what they are made of" \
	"$("$python" -c 'import json, sys; print([(p["name"], p["value"], p["unit"]) for p in json.load(open(sys.argv[1]))["cases"][0]["parameters"]][:3])' "$tmp/real.json")" \
	"[('workload', 'mpsc', None), ('size', 8, 'bytes'), ('senders', 1, None)]"
finish
