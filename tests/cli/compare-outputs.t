# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What a program gives is held against the baseline's in every run: a faster wrong answer does not count.
. "$(dirname "$0")/../lib/tap.sh"

bump=$MADVISOR_BUILD/tests/fixtures/libraries/libfixture-bump.so
[ -e "$bump" ] || skip_all "no contender of its own: $bump"
compare=("$MADVISOR" compare --progress never --probe rusage --contenders "bump=$bump" --json "$tmp/r.json")

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		bump = [i for i, c in enumerate(d["contenders"]) if c["name"] == "bump"][0]
		runs = [r for r in d["runs"] if r["contender"] == bump or r["contender"] == "bump"]
		print(eval(sys.argv[2]))
	end
}

# A program that goes wrong from the Nth run under the contender on; the check round is the first.
cat >"$tmp/late.sh" <<end
#!/bin/sh
# late.sh N STATUS: from the Nth run on, says 41 in its second line, and ends with STATUS.
echo one
case \$LD_PRELOAD in *fixture-bump*)
	echo x >>"$tmp/count"
	[ "\$(wc -l <"$tmp/count")" -lt "\$1" ] || { echo 41; exit "\$2"; } ;;
esac
echo 42
end
chmod +x "$tmp/late.sh"

run "${compare[@]}" --rounds 5 -- "$tmp/late.sh" 3 0
is "an output that goes wrong from the third run on is a failed run" "$status" 3
like "with the round" "$out" "withdrawn in round 2: its standard output differs"
like "and where it differs" "$(tr -s ' \n' ' ' <<<"$out")" "\(line 2: '41', not '42'\)"
like "its row says so" "$out" "^ *bump .*failed"
unlike "and no sentence judges it" "$out" "bump: .*(faster|slower|settled)"
is "the run has no figures, and is the last" "$(value '[(r["round"], bool(r["error"]), r["metrics"].get("wall_ns") is None) for r in runs]')" \
	"[(1, False, False), (2, True, True)]"
is "there is no ratio and no verdict on it" "$(value '{(s.get("ratio"), s.get("verdict")) for s in d["summaries"] if s["contender"] in (bump, "bump")}')" \
	"{(None, None)}"
rm "$tmp/count"
run "${compare[@]}" --rounds 3 -- "$tmp/late.sh" 1 0
like "one that is wrong from the start is withdrawn in the first round" "$out" "withdrawn in round 1"
rm "$tmp/count"
run "${compare[@]}" --rounds 3 --ignore-output -- "$tmp/late.sh" 2 0
is "--ignore-output lets it count" "$status $(value '[r["error"] for r in runs]')" "0 [None, None, None]"
rm "$tmp/count"
run "${compare[@]}" --rounds 3 --ignore-failure -- "$tmp/late.sh" 3 5
like "so does an exit status" "$(tr -s ' \n' ' ' <<<"$out")" "withdrawn in round 2: its exit status is 5, but 0 under the baseline"
rm "$tmp/count"
run "${compare[@]}" --rounds 6 --precision 2 -- "$tmp/late.sh" 4 7
like "one that fails from its fourth run on has failed" "$(tr -s ' \n' ' ' <<<"$out")" "bump: 1 run without figures: .*status 7"
like "and is called so" "$out" "^ *bump .*failed"
# The baseline's scatter alone would need all of 100 rounds.
cat >"$tmp/scatter.sh" <<end
#!/bin/sh
echo x >>"$tmp/turns"
[ \$((\$(wc -l <"$tmp/turns") % 3)) -gt 0 ] || sleep 0.05
exec "$tmp/late.sh" 4 7
end
chmod +x "$tmp/scatter.sh"
rm -f "$tmp/count"
run "${compare[@]}" --precision 2 -- "$tmp/scatter.sh"
is "with --precision too" "$status" 3
check "and the others stop in time" test "$(value 'max(r["round"] for r in d["runs"])')" -le 12
unlike "without an interval of what failed" "$out" "^ *bump .*[0-9]x .*[0-9]–[0-9]"

# What the baseline itself changes is not a contender's doing.
run "${compare[@]}" --rounds 3 -- sh -c 'echo $$; echo $$ >&2'
is "an output that is never the same is no difference" "$status $(value '[n for n in d["notes"] if "output" in n or "error" in n]')" "0 []"
cat >"$tmp/clock.sh" <<end
#!/bin/sh
# Changes for all at the same time: from the sixth run on, whoever's it is.
echo x >>"$tmp/runs"
[ "\$(wc -l <"$tmp/runs")" -gt 6 ] && echo late || echo early
end
chmod +x "$tmp/clock.sh"
run "${compare[@]}" --rounds 6 -- "$tmp/clock.sh"
is "an output that changes for the baseline too is no contender's fault" "$status $(value '[r["error"] for r in runs]')" \
	"0 [None, None, None, None, None, None]"
like "and is said to be compared no longer" "$(value 'd["notes"]')" \
	"its standard output changed in round [1-3] under the baseline itself"

# Standard error may hold an allocator's own messages.
cat >"$tmp/warn.sh" <<'end'
#!/bin/sh
case $LD_PRELOAD in *fixture-bump*) echo "bump: warning" >&2 ;; esac
end
chmod +x "$tmp/warn.sh"
run "${compare[@]}" --rounds 3 -- "$tmp/warn.sh"
is "a standard error that differs is noted once, and counts" "$status $(value '[n.split("from round ")[1] for n in d["notes"] if "command under bump: its standard error differs" in n]')" \
	"0 ['1 on']"

# Of any length, in bounded memory; above 16 MiB in the check round alone.
cat >"$tmp/long.sh" <<'end'
#!/bin/sh
head -c "$1" /dev/zero
case $LD_PRELOAD in *fixture-bump*) echo 41 ;; *) echo 42 ;; esac
end
chmod +x "$tmp/long.sh"
run "${compare[@]}" --rounds 2 -- "$tmp/long.sh" 10M
like "a difference at the end of 10 MiB is found" "$out" "withdrawn in round 1: its standard output"
run "${compare[@]}" --rounds 2 -- "$tmp/long.sh" 20M
is "one behind 20 MiB is noted" "$status $(value '["differs from the baseline" in n for n in d["notes"]]')" "0 [True]"

finish
