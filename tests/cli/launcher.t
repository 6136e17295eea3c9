# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# madvisor-launcher is a file of its own: one of another version, or none at all, is named before anything is measured.
. "$(dirname "$0")/../lib/tap.sh"

CC=${CC:-cc}
mkdir "$tmp/bin"
cp "$MADVISOR" "$tmp/bin/madvisor"
launcher=$tmp/bin/madvisor-launcher
compare=(timeout -k 1 60 "$tmp/bin/madvisor" compare --progress never --probe rusage --rounds 2 --contenders self)
version=$("$MADVISOR" --version | sed 's/madvisor //')

refused "no launcher" 4 "madvisor-launcher is missing" "${compare[@]}" -- true
cp "$(dirname "$MADVISOR")/madvisor-launcher" "$launcher"
run "${compare[@]}" -- true
is "with its own it runs" "$status" 0

# One of the first protocol: it starts a child that waits at its gate, tells its pid in 160 bytes, and waits for it.
cat >"$tmp/old.c" <<'end'
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int talk = atoi(argv[1]), failed = atoi(argv[2]);
	long word[20] = { 0 };
	char byte;
	pid_t pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (read(talk, &byte, 1) != 1)
			_exit(1);
		execvp(argv[3], argv + 4);
		_exit(126);
	}
	close(failed);
	word[1] = pid;
	if (write(talk, word, sizeof(word)) < 0)
		return 1;
	waitpid(pid, NULL, 0);
	return 0;
}
end
# One of a protocol that is yet to come.
cat >"$tmp/new.c" <<'end'
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "launcher/protocol.h"
int main(int argc, char **argv)
{
	struct { struct launcher_hello hello; char more[200]; } message = { { .magic = LAUNCHER_MAGIC, .protocol = 77 } };
	strcpy(message.hello.version, "99.5");
	if (write(atoi(argv[1]), &message, sizeof(message)) < 0)
		return 1;
	sleep(30);
	return 0;
}
end
if $CC -o "$tmp/old" "$tmp/old.c" && $CC -I "$MADVISOR_SOURCE/src" -o "$tmp/new" "$tmp/new.c"; then
	cp "$tmp/old" "$launcher"
	refused "an older one" 4 "$launcher is of another version than this madvisor, which is $version" "${compare[@]}" -- true
	like "with what helps" "$err" 'hint: install madvisor and madvisor-launcher together'
	cp "$tmp/new" "$launcher"
	refused "a newer one" 4 "$launcher is of version 99\\.5, protocol 77, and this madvisor of version $version, protocol [0-9]+\$" \
		"${compare[@]}" -- true
else
	skip "another version" "it cannot be compiled"
fi
cp /bin/true "$launcher"
refused "another program" 4 "$launcher ended before it started the program: .* this madvisor, which is $version" "${compare[@]}" -- true
echo text >"$launcher"
refused "no program" 4 "cannot run $launcher: Exec format error" "${compare[@]}" -- true
check "nothing is left running" gone_soon
# What fails before the launcher is no fault of its own.
cp "$(dirname "$MADVISOR")/madvisor-launcher" "$launcher"
refused "the program's failure stays the program's" 3 "cannot run" "${compare[@]}" -- no-such-program
finish
