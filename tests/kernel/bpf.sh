# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For the tests of the bpf probe; source it. $TAX_RUN is the built tax-run.
# shellcheck source=tests/kernel/kernel.sh
. "$(dirname "$0")/kernel.sh"
: "${TAX_RUN:?}"

# Skips where the bpf probe does not work, with the words of the probe itself.
need_bpf_probe() {
	local why status=0
	why=$("$PROBE_RUN" bpf true 2>&1 >/dev/null) || status=$?
	[ "$status" -eq 4 ] && skip_all "$(printf '%s' "$why" | tr '\n' ' ')"
	ok 'the bpf probe works, or says what it lacks' [ "$status" -eq 0 ]
}

# as_expected MEASURED EXPECTED: each line "name value" or "name low high" of EXPECTED holds. 2 where events were
# lost: the figures are marked then, and nothing is promised of them.
as_expected() {
	local name low high measured status=0
	[ -s "$2" ] || { echo "nothing is expected: $2 is empty"; return 1; }
	while read -r name low high; do
		measured=$(value "$1" "$name")
		[ -n "$measured" ] && [ "$measured" -ge "$low" ] && [ "$measured" -le "${high:-$low}" ] &&
			continue
		echo "$name: measured '$measured', expected $low ${high:+to $high}"
		status=1
	done <"$2"
	if [ "$(value "$1" observer_losses)" != 0 ]; then
		echo "events were lost: $(value "$1" observer_losses)"
		return 2
	fi
	return "$status"
}
