# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A target whose files change, or are made to harm their reader, while it is looked at: an answer in bounded time, with
# one sentence where something could not be told, and the rest of the report.
. "$(dirname "$0")/../lib/tap.sh"

CC=${CC:-cc}
sources=$MADVISOR_SOURCE/tests/targets/identify
cd "$tmp" || exit 1
chmod 711 .
"$CC" -O1 -o map-files "$sources/map-files.c" || skip_all "no C compiler"
pids=()
trap '[ ${#pids[@]} = 0 ] || kill "${pids[@]}"; rm -rf "$tmp"' EXIT

# start COMMAND…: returns when it says that it is ready; sets $pid.
start()
{
	exec 3< <(exec "$@")
	pid=$!
	pids+=("$pid")
	read -r -t 20 -u 3 _
}

stop()
{
	kill "$pid"
	unset 'pids[-1]'
}

elf()
{
	python3 "$sources/make-elf" "$@"
}

# prompt NAME COMMAND…: it comes to an end by itself, and soon, and not by a signal.
prompt()
{
	local name=$1
	shift
	run timeout 10 "$@"
	check "$name: ends soon" test "$status" -lt 124
	[ "$status" -lt 124 ] || diagnose "exit status $status" "$err"
}

# tells NAME REGEX COMMAND…
tells()
{
	local name=$1 regex=$2
	shift 2
	prompt "$name" "$@"
	is "$name: works" "$status" 0
	[ "$status" = 0 ] || diagnose "$err"
	like "$name: tells the allocator" "$out" "(glibc|musl) "
	[ -z "$regex" ] || like "$name: says what could not be told" "$out" "$regex"
}

explain=("$MADVISOR" explain --progress never --details --probe rusage --duration 1)

elf plain.so --machine 62 --define malloc
start ./map-files plain.so || skip_all "files here cannot be mapped to be run"
tells "a library that nobody touches" "" "$MADVISOR" identify -p "$pid"
stop

loader=/lib64/ld-linux-x86-64.so.2
# What they do to their reader does not depend on what they are.
for kind in overlap strings link offsets needed symbols; do
	elf "$kind.so" --machine 62 --define malloc --damage "$kind"
	start ./map-files "$kind.so"
	tells "$kind, of a process" "" "$MADVISOR" identify -p "$pid"
	stop
	prompt "$kind, as a file" "$MADVISOR" identify "./$kind.so"
	like "$kind, as a file: an answer or a reason" "$out$err" "$kind.so: .+"
	elf needy --machine 62 --interpreter "$loader" --import malloc --needed "$kind.so" --needed libc.so.6
	prompt "$kind, needed" env LD_LIBRARY_PATH="$PWD" "$MADVISOR" identify ./needy
	is "$kind, needed: works" "$status" 0
	like "$kind, needed: tells whose malloc it is" "$out" "glibc|$kind.so"
done

large="holds more than madvisor looks through"
elf large.so --machine 62 --define malloc --sparse $((4 << 30))
start ./map-files large.so
tells "four gigabytes, of a process" "large.so $large" "$MADVISOR" identify -p "$pid"
prompt "four gigabytes, explained" "${explain[@]}" -p "$pid"
is "four gigabytes, explained: works" "$status" 0
like "four gigabytes, explained: with its figures" "$out" "peak memory"
stop
prompt "four gigabytes, as a file" "$MADVISOR" identify ./large.so
is "four gigabytes, as a file: works" "$status" 0
like "four gigabytes, as a file: says what could not be told" "$out" "large.so $large"

# replaced NAME COMMAND…: what has the name of a mapped library when it is looked at.
replaced()
{
	local name=$1
	shift
	cp plain.so victim.so
	start ./map-files victim.so
	rm victim.so
	"$@"
	tells "$name in its place" "" "$MADVISOR" identify -p "$pid"
	stop
	prompt "$name as the file" "$MADVISOR" identify ./victim.so
	check "$name as the file: is refused" test "$status" = 2 -o "$status" = 4 -o "$name" = "another file"
	elf needy --machine 62 --interpreter "$loader" --import malloc --needed victim.so --needed libc.so.6
	tells "$name needed" "" env LD_LIBRARY_PATH="$PWD" "$MADVISOR" identify ./needy
	rm -rf victim.so
}

replaced "a FIFO" mkfifo victim.so
replaced "a folder" mkdir victim.so
replaced "a link to itself" ln -s victim.so victim.so
replaced "a link to a device" ln -s /dev/zero victim.so
replaced "a link out of reach" ln -s /proc/self/mem victim.so
replaced "an empty file" touch victim.so
replaced "another file" cp map-files victim.so

# It is cut short and grows again while it is read: often in the midst of it.
elf flicker.so --machine 62 --define malloc --sparse $((256 << 20))
start ./map-files --flicker "$PWD/flicker.so" $((1 << 20))
start ./map-files flicker.so
target=$pid
crashed=0
for ((i = 0; i < 8; i++)); do
	if ((i % 2)); then
		prompt "flickering, of a process" "$MADVISOR" identify -p "$target"
	else
		prompt "flickering, as a file" "$MADVISOR" identify ./flicker.so
	fi
	[ "$status" = 0 ] && continue
	is "flickering: the machine's status" "$status" 4
	like "flickering: one sentence" "$err" "the process that looks at it: crashed \(signal 7"
	like "flickering: and a remedy" "$err" "hint: "
	is "flickering: no more than that" "$(wc -l <<<"$err")" 2
	crashed=$((crashed + 1))
done
check "its reader did crash" test "$crashed" -gt 0
prompt "flickering, explained" "${explain[@]}" -p "$target"
is "flickering, explained: works" "$status" 0
like "flickering, explained: with its figures" "$out" "peak memory"
stop
pid=${pids[-1]}
stop

# What there is to say of it has no end: variables that identify shows, in whatever case. `explain` goes on without.
noise=()
for name in {g,G}{l,L}{i,I}{b,B}C_TUNABLES GLIBc_{t,T}UNABLES; do
	noise+=("$name=$(head -c 100000 /dev/zero | tr '\0' x)")
done
start env "${noise[@]}" ./map-files
refused "a target that would be spoken of for ever" 4 "pid $pid: .* without end" \
	"$MADVISOR" identify -p "$pid"
prompt "the same, explained" "${explain[@]}" -p "$pid"
is "the same, explained: works" "$status" 0
like "the same, explained: says that it is unknown" "$(tr -s ' \n' ' ' <<<"$out")" "allocator unknown: pid $pid: "
like "the same, explained: with its figures" "$out" "peak memory"
stop

# Under other users' eyes: the child has the rights of the owner, and asks for what these do not open.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	mkdir closed
	cp plain.so closed/
	"$CC" -O1 -o closed/program "$sources/map-files.c"
	chmod 700 closed
	start "${nobody[@]}" ./map-files plain.so
	tells "root at another's process" "" "$MADVISOR" identify -p "$pid"
	tells "sudo at another's process" "" env SUDO_UID=65532 SUDO_GID=65532 "$MADVISOR" identify -p "$pid"
	stop
	start closed/program closed/plain.so
	tells "root at a process in a closed folder" "" "$MADVISOR" identify -p "$pid"
	like "and at what it has mapped there" "$("$MADVISOR" identify --json - -p "$pid")" '"kind": "dynamic"'
	stop
	tells "root at a file in a closed folder" "" "$MADVISOR" identify closed/program
	tells "sudo at a file in a closed folder" "" env SUDO_UID=65532 SUDO_GID=65532 \
		"$MADVISOR" identify closed/program
fi
finish
