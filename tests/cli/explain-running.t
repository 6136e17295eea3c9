# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# `madvisor explain` of what runs already: several processes, control groups of both versions, inside a PID namespace, and in a
# rootless container.
. "$(dirname "$0")/../lib/tap.sh"

explain=("$MADVISOR" explain --details)

cc=${CC:-cc}
# storm PAGES ROUNDS START END: touches pages; once START is there, gives them back and touches them again, so many times; then
# stays until END is there. Each of them is a refault, and there are no others.
cat >"$tmp/storm.c" <<'end'
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static void wait_for(const char *file)
{
	while (access(file, F_OK) < 0)
		usleep(10000);
}

int main(int argc, char **argv)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages = (size_t)atoi(argv[1]);
	char *area = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(area, pages * page, MADV_NOHUGEPAGE);
	for (size_t i = 0; i < pages; i++)
		area[i * page] = 1;
	wait_for(argv[3]);
	for (int k = atoi(argv[2]); k > 0; k--) {
		madvise(area, pages * page, MADV_DONTNEED);
		for (size_t i = 0; i < pages; i++)
			area[i * page] = 1;
	}
	wait_for(argv[4]);
	return 0;
}
end
"$cc" -O1 -o "$tmp/storm" "$tmp/storm.c" 2>/dev/null || skip_all "no C compiler"
cp "$tmp/storm" "$tmp/tempest"

field()
{
	python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
c, m = d["contenders"][0], d["runs"][0]["metrics"]
print(eval(sys.argv[2]))' "$tmp/e.json" "$1"
}

wait_until()
{
	local tries
	for ((tries = 0; tries < 600; tries++)); do
		"$@" && return
		sleep 0.1
	done
	diagnose "never: $*"
	return 1
}

# begin STORM PAGES ROUNDS: starts one; its number is in $pid and in pids.
pids=()
begin()
{
	"$tmp/$1" "$2" "$3" "$tmp/go" "$tmp/end" &
	pid=$!
	pids+=("$pid")
}

observes()
{
	grep -qs observing "$tmp/seen"
}

# look COMMAND… -- OPTION…: explains, under what the command is, with these options; when it looks on, runs the function that
# $meanwhile names and lets the storms begin, and end before it does. $out and $status are its.
look()
{
	local under=()
	while [ "$1" != -- ]; do
		under+=("$1")
		shift
	done
	shift
	rm -f "$tmp/go" "$tmp/end" "$tmp/e.json" "$tmp/seen"
	"${under[@]}" "${explain[@]}" --probe bpf --progress always --duration "${duration:-4}" --json "$tmp/e.json" "$@" \
		>"$tmp/out" 2>"$tmp/seen" </dev/null &
	local looker=$!
	wait_until observes && "${meanwhile:-true}"
	touch "$tmp/go"
	wait "$looker"
	status=$?
	out=$(cat "$tmp/out")
	[ "$status" = 0 ] || diagnose "$(cat "$tmp/seen")"
}

end_storms()
{
	touch "$tmp/end" "$tmp/go"
	wait "${pids[@]}" 2>/dev/null
	pids=()
	rm -f "$tmp/go" "$tmp/end"
}

refused "processes and a group at once" 2 "at once" "${explain[@]}" -p $$ --cgroup /
refused "a group and a command at once" 2 "at once" "${explain[@]}" --cgroup / -- true
refused "no such group" 2 "no such control group" "${explain[@]}" --cgroup /no/such/group
refused "one of several processes that does not exist" 2 "pid 4194999: no such process" "${explain[@]}" -p "$$,4194999"
for wrong in "$$," ",$$" "$$,x" "0,$$"; do
	run "${explain[@]}" -p "$wrong"
	is "no list of process IDs: $(tr -d 0-9 <<<"$wrong")" "$status" 2
done

run "$MADVISOR" explain --probe bpf --progress never -- true
has_bpf=$([ "$status" = 0 ] && echo yes)
why_not=$err

# Groups of each version that is mounted here, and of two hierarchies of version 1.
groups=()
make_group()
{
	[ -e "$1/cgroup.procs" ] && mkdir "$1/madvisor-test-$$" 2>/dev/null && groups+=("$1/madvisor-test-$$")
}
remove_groups()
{
	local group
	for group in "${groups[@]}"; do
		[ -d "$group/below" ] && wait_until rmdir "$group/below" 2>/dev/null
		wait_until rmdir "$group" 2>/dev/null
	done
	groups=()
}
trap 'end_storms; remove_groups; rm -rf "$tmp"' EXIT

for mount in /sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/pids; do
	make_group "$mount"
	[ ${#groups[@]} = 1 ] && break
done
if [ ${#groups[@]} = 1 ]; then
	refused "a group without a process" 2 "no process is in this control group" "${explain[@]}" --cgroup "${groups[0]}"
	below=${groups[0]#/sys/fs/cgroup/}
	refused "the same, by its path below /sys/fs/cgroup" 2 "no process is in" "${explain[@]}" --cgroup "$below"
	refused "the same, by its name" 2 "no process is in" "${explain[@]}" --cgroup "/madvisor-test-$$"
	remove_groups
else
	skip "a group without a process" "no control group can be made here (remedy: run as root)"
fi
if make_group /sys/fs/cgroup/pids && make_group /sys/fs/cgroup/freezer; then
	begin storm 1 0
	echo "$pid" >"${groups[0]}/cgroup.procs"
	begin storm 1 0
	echo "$pid" >"${groups[1]}/cgroup.procs"
	refused "two hierarchies with a group of that name, with other processes" 2 \
		"several hierarchies" "${explain[@]}" --cgroup "/madvisor-test-$$"
	like "and where they are" "$err" "hint: .*(${groups[0]} or ${groups[1]}|${groups[1]} or ${groups[0]})"
	refused "a hierarchy that is not mounted" 2 "of another hierarchy \(pids\), which is not mounted" \
		unshare -m sh -c 'umount /sys/fs/cgroup/freezer /sys/fs/cgroup/pids && exec "$@"' sh \
		"${explain[@]}" --cgroup "/madvisor-test-$$"
	end_storms
	remove_groups
else
	skip "groups of two hierarchies" "version 1 has no pids and freezer here, or no group can be made"
fi

if [ -z "$has_bpf" ]; then
	skip "what is counted" "$(tr '\n' ' ' <<<"$why_not")"
	finish
	exit
fi

begin storm 100 30
first=$pid
begin storm 50 30
second=$pid
begin tempest 300 30
third=$pid
look -- -p "$first,$second" -p "$third"
is "three processes" "$status" 0
is "... are counted to the page" "$(field 'm["refaults"], m["madvise_dontneed_calls"]')" "(13500, 90)"
is "... are the case" "$(field 'd["cases"][0]["description"]')" "processes $(printf '%s\n' "$first" "$second" "$third" | sort -n | paste -sd, | sed 's/,/, /g')"
is "... the one with most is named" "$(field 'c["program"]["path"], c["program"]["pid"], c["allocator"]')" "('$tmp/tempest', $third, 'glibc')"
check "... and their share of CPU time is there" python3 -c 'import sys; sys.exit(not 0 < float(sys.argv[1]) < 4e9)' "$(field 'm["cpu_ns"]')"
end_storms

# Ends when all of them have, and what ended counts.
begin storm 100 30
first=$pid
begin storm 100 30
meanwhile=let_end
let_end()
{
	touch "$tmp/end"
}
duration=60 look -- -p "$first,$pid"
meanwhile=
is "processes that end" "$status" 0
is "... are counted to the page" "$(field 'm["refaults"]')" 6000
check "... and not waited for once all have ended" python3 -c 'import sys; sys.exit(not float(sys.argv[1]) < 50e9)' "$(field 'm["wall_ns"]')"
end_storms

# look_at_group GROUP NAME…: two processes in it, one in a group below it, one that comes in, and one that stays outside.
look_at_group()
{
	local group=$1 name
	shift
	mkdir "$group/below"
	for name; do
		begin storm 100 20
		echo "$pid" >"$group/cgroup.procs"
		begin storm 10 20
		echo "$pid" >"$group/cgroup.procs"
		begin tempest 200 20
		echo "$pid" >"$group/below/cgroup.procs"
		begin storm 1000 20
		joiner=$pid
		begin storm 3333 20
		meanwhile=join
		look -- --cgroup "$name"
		meanwhile=
		is "--cgroup $name" "$status" 0
		is "... is counted to the page, with who comes in and without others" \
			"$(field 'm["refaults"], m["madvise_dontneed_calls"]')" "(26200, 80)"
		is "... is the case" "$(field 'd["cases"][0]["description"]')" "control group $name, 3 processes"
		is "... whose programs are told apart" "$(field 'c["program"]["path"], c["program"]["processes"]')" "('$tmp/storm', 3)"
		end_storms
	done
}
join()
{
	echo "$joiner" >"$group/cgroup.procs"
	sleep 0.5
}
if make_group /sys/fs/cgroup/unified || make_group /sys/fs/cgroup; then
	group=${groups[0]}
	look_at_group "$group" "$group" "${group#/sys/fs/cgroup/}" "/madvisor-test-$$"
	remove_groups
else
	skip "control groups of version 2" "there are none here, or none can be made"
fi
if make_group /sys/fs/cgroup/pids; then
	group=${groups[0]}
	look_at_group "$group" "$group"
	remove_groups
else
	skip "control groups of version 1" "there are none here, or none can be made"
fi

# In a PID namespace, and in one within it: the numbers are its own.
inside=(unshare --pid --fork --mount-proc)
if "${inside[@]}" true 2>/dev/null; then
	touch "$tmp/go" "$tmp/end"
	for deeper in "" "${inside[*]}"; do
		run "${inside[@]}" $deeper "${explain[@]}" --probe bpf --progress never --json "$tmp/e.json" -- "$tmp/storm" 100 20 "$tmp/go" "$tmp/end"
		is "inside a PID namespace${deeper:+ in another}: a command" "$status $(field 'm["refaults"], c["allocator"]')" "0 (2000, 'glibc')"
		rm -f "$tmp/seen"
		run "${inside[@]}" $deeper bash -c '
			folder=$1
			shift
			"$folder/storm" 100 20 "$folder/go2" "$folder/end2" & storm=$!
			echo "$storm" >"$folder/number"
			"$@" -p "$storm" >"$folder/out2" 2>"$folder/seen" & looker=$!
			for ((i = 0; i < 300; i++)); do grep -qs observing "$folder/seen" && break; sleep 0.1; done
			touch "$folder/go2"
			wait "$looker"; status=$?
			cat "$folder/out2" "$folder/seen"
			touch "$folder/end2"
			exit "$status"' bash "$tmp" "${explain[@]}" --probe bpf --progress always --duration 4 --json "$tmp/e.json"
		is "... and a process, by its number there" "$status $(field 'm["refaults"]')" "0 2000"
		is "... which is small" "$(field 'd["cases"][0]["description"].split(":")[0]')" "process $(cat "$tmp/number")"
		like "... and its stacks are read" "$out" 'storm\.c|storm\+|main'
		rm -f "$tmp/go2" "$tmp/end2"
	done
	run unshare --pid --fork "${explain[@]}" --probe bpf --progress never -- true
	like "where /proc is another namespace's, that is said" "$err" "/proc shows another PID namespace"
	like "... with the remedy" "$err" "hint: mount its own"
else
	skip "inside a PID namespace" "none can be made here (remedy: run as root)"
fi

# Rootless: root in a user namespace has no rights in the kernel. It is an ordinary user's, who may not read below $tmp.
rootless=(unshare --user --map-root-user)
[ "$(id -u)" = 0 ] && rootless=(setpriv --reuid 65534 --regid 65534 --clear-groups "${rootless[@]}")
chmod 711 "$tmp"
mkdir "$tmp/bin" "$tmp/theirs"
cp "$MADVISOR" "$(dirname "$MADVISOR")/madvisor-launcher" "$tmp/bin/"
chmod 777 "$tmp/theirs"
explain[0]=$tmp/bin/madvisor
export XDG_STATE_HOME=$tmp/theirs
if "${rootless[@]}" "$tmp/bin/madvisor" --version >"$tmp/out" 2>&1; then
	touch "$tmp/go" "$tmp/end"
	for kind in "" "--pid --fork --mount-proc"; do
		run "${rootless[@]}" $kind "${explain[@]}" --progress never --json "$tmp/theirs/e.json" -- "$tmp/storm" 100 20 "$tmp/go" "$tmp/end"
		cp "$tmp/theirs/e.json" "$tmp/e.json"
		is "rootless${kind:+, in a PID namespace}: a lower rung" "$status $(field 'd["command"]["probe"] != "bpf", m["madvise_dontneed_calls"]')" "0 (True, 20)"
		like "... and why, with the remedy" "$(tr -s ' \n' ' ' <<<"$out")" \
			"in a user namespace \(a rootless container\) root has no rights over the kernel: .*remedy: look from the machine itself"
		refused "... the bpf probe is refused" 4 "in a user namespace" "${rootless[@]}" $kind "${explain[@]}" --probe bpf -- true
		run "${rootless[@]}" $kind "$tmp/bin/madvisor" doctor
		like "... which doctor says" "$(tr -s ' \n' ' ' <<<"$out")" "user namespace +a rootless container"
	done
else
	skip "rootless" "no user namespace can be made here: $(head -n 1 "$tmp/out")"
fi
finish
