# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# An allocator's library that somebody else can change: its code never runs with more rights than that somebody has.
. "$(dirname "$0")/../lib/tap.sh"

[ "$(id -u)" = 0 ] || skip_all "needs root, to be another user"
command -v setpriv >/dev/null || skip_all "needs setpriv"
cc=${CC:-cc}
eve_id=65534   # who owns the library
other_id=65532 # who has nothing to do with it
eve=$(mktemp -d "${TMPDIR:-/tmp}/madvisor-eve.XXXXXX") || exit 1
pid=
trap '[ -z "$pid" ] || kill "$pid"; rm -rf "$eve" "$tmp"' EXIT
mkdir "$eve/ran" "$eve/lib" "$eve/links" "$tmp/of-root"

# It tells as whom it ran by the name of a file that stays empty, which no limit on what a process writes prevents.
cat >"$eve/lib/trap.c" <<end
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

__attribute__((constructor)) static void spring(void)
{
	char name[256];

	snprintf(name, sizeof(name), "$eve/ran/%d.%d", (int)geteuid(), (int)getpid());
	close(open(name, O_CREAT | O_WRONLY, 0666));
}
end
# Enough of jemalloc to be taken for it, with the habit of giving a large block back at once.
cat >"$eve/lib/jemalloc.c" <<'end'
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void __libc_free(void *);
static char *area;

void *malloc(size_t size)
{
	if (size != 8 << 20)
		return __libc_malloc(size);
	if (!area)
		area = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return area;
}

void free(void *p)
{
	if (p && p == area)
		madvise(area, 8 << 20, MADV_DONTNEED);
	else
		__libc_free(p);
}

void *calloc(size_t n, size_t size) { return __libc_calloc(n, size); }
void *realloc(void *p, size_t size) { return __libc_realloc(p, size); }

static const char *version = "5.3.0-0-g54eaed1d8b56b1aa528be3bdd1877e59c56fa90c";

int mallctl(const char *name, void *old, size_t *size, void *new, size_t new_size)
{
	if (strcmp(name, "version"))
		return getenv("MALLOC_CONF") ? 14 : 2;
	memcpy(old, &version, sizeof(version));
	return 0;
}
end
cat >"$eve/churn.c" <<'end'
#include <stdlib.h>

int main(void)
{
	for (;;) {
		volatile char *block = malloc(8 << 20);

		for (int i = 0; i < 8 << 20; i += 4096)
			block[i] = 1;
		free((void *)block);
	}
}
end
library=$eve/lib/libjemalloc.so.2

# jemalloc FOLDER RPATH: the library there, which needs the trap, to be found in the rpath.
jemalloc()
{
	"$cc" -shared -fPIC -O1 -fno-builtin -Wl,-soname,libjemalloc.so.2 -o "$1/libjemalloc.so.2" \
		"$eve/lib/jemalloc.c" -L"$eve/lib" -Wl,--no-as-needed -ltrap "-Wl,-rpath,$2"
}

build()
{
	# shellcheck disable=SC2016
	"$cc" -shared -fPIC -o "$eve/lib/libtrap.so" "$eve/lib/trap.c" && jemalloc "$eve/lib" '$ORIGIN' &&
		jemalloc "$tmp/of-root" "$eve/lib" &&
		"$cc" -O1 -o "$eve/churn" "$eve/churn.c" "$library" "-Wl,-rpath,$eve/lib"
}
build || skip_all "no C compiler"
ln -s "$tmp/of-root/libjemalloc.so.2" "$eve/links/libjemalloc.so.2"
printf 'name=jemalloc\nversion=5.3.0\nlibrary=libjemalloc.so.2\n' >"$eve/lib/allocator.info"
chown -R "$eve_id:$eve_id" "$eve"
chmod 711 "$tmp"
chmod 755 "$eve"
chmod 777 "$eve/ran"

# As whom it ran since the last call: the users' numbers.
who()
{
	find "$eve/ran" -type f -printf '%f\n' | sed 's/\..*//' | sort -u | tr '\n' ' '
	find "$eve/ran" -type f -delete
}

setpriv --reuid "$eve_id" --regid "$eve_id" --clear-groups env LD_PRELOAD="$library" "$eve/churn" &
pid=$!
for ((i = 0; i < 100; i++)); do
	[ "$(readlink "/proc/$pid/exe")" = "$eve/churn" ] && [ -n "$(ls "$eve/ran")" ] && break
	sleep 0.1
done
is "the trap works" "$(who)" "$eve_id "

# never NAME COMMAND…: whatever comes of it, the trap is not sprung.
never()
{
	local name=$1
	shift
	run timeout 60 "$@"
	is "$name: runs nothing of it" "$(who)" ""
	[ "$status" -lt 124 ] || diagnose "exit status $status" "$err"
}

refuses()
{
	local name=$1
	shift
	never "$name" "$@"
	is "$name: is refused" "$status" 2
	like "$name: says who can write what" "$err" "$eve.* can be written by user (nobody|$eve_id)"
	like "$name: names the remedy" "$err" "hint: .*(--user|only root)"
}

quietly=(--progress never --probe rusage --rounds 2)

# look WHO COMMAND…: all that could lead to the library, begun by that command.
look()
{
	local by=$1 list
	shift
	never "$by, identify -p" "$@" "$MADVISOR" identify -p "$pid"
	like "$by, identify -p: names the allocator" "$out" jemalloc
	never "$by, identify FILE" "$@" "$MADVISOR" identify "$eve/churn"
	like "$by, identify FILE: names the allocator" "$out" jemalloc
	never "$by, explain -p" "$@" "$MADVISOR" explain --progress never --duration 2 -p "$pid"
	is "$by, explain -p: works" "$status" 0
	like "$by, explain -p: names the allocator" "$out" jemalloc
	like "$by, explain -p: says what to set" "$out" dirty_decay_ms
	like "$by, explain -p: says what could not be told, and why" "$(tr -s ' \n' ' ' <<<"$out")" \
		"not loaded .*can be written by user"
	refuses "$by, compare" "$@" "$MADVISOR" compare "${quietly[@]}" --contenders "mine=$library" -- true
	refuses "$by, compare through a link" "$@" "$MADVISOR" compare "${quietly[@]}" \
		--contenders "mine=$eve/links/libjemalloc.so.2" -- true
	refuses "$by, compare with what it needs" "$@" "$MADVISOR" compare "${quietly[@]}" \
		--contenders "mine=$tmp/of-root/libjemalloc.so.2" -- true
	refuses "$by, bench" "$@" "$MADVISOR" bench "${quietly[@]}" --contenders "mine=$library" churn/single
	for list in "list allocators" "list settings" doctor "list allocators --names"; do
		# shellcheck disable=SC2086
		never "$by, $list" "$@" env MADVISOR_ALLOCATOR_PATH="$eve" "$MADVISOR" $list
		check "$by, $list: works" test "$status" -le 1
	done
	run "$@" env MADVISOR_ALLOCATOR_PATH="$eve" "$MADVISOR" list allocators
	like "$by, list allocators: says why it was not tried" "$out" "$eve.* can be written by"
	never "$by, compare with all" "$@" env MADVISOR_ALLOCATOR_PATH="$eve" "$MADVISOR" compare "${quietly[@]}" -- true
	is "$by, compare with all: works" "$status" 0
	unlike "$by, compare with all: leaves it out" "$out" "$eve"
}

look "root"
look "sudo of another user" env SUDO_UID=$other_id SUDO_GID=$other_id

# measures NAME COMMAND…: whoever the library belongs to may run it, with rights of their own.
measures()
{
	local name=$1
	shift
	run timeout 60 "$@" compare "${quietly[@]}" --contenders "mine=$library" -- true
	is "$name: measures it" "$status" 0
	[ "$status" = 0 ] || diagnose "$err"
	is "$name: with the owner's rights alone" "$(who)" "$eve_id "
}

owner=(setpriv --reuid "$eve_id" --regid "$eve_id" --clear-groups)
if "${owner[@]}" test -x "$MADVISOR"; then
	measures "the owner" "${owner[@]}" env XDG_STATE_HOME="$eve/state" "$MADVISOR"
	measures "sudo of the owner" env SUDO_UID=$eve_id SUDO_GID=$eve_id "$MADVISOR"
fi
run timeout 60 "$MADVISOR" compare "${quietly[@]}" --user "$eve_id" --contenders "mine=$library" -- true
is "root for the owner: measures it" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "root for the owner: with the owner's rights alone" "$(who)" "$eve_id "
finish
