# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Servers under load: which process runs under the contender, when it is ready, and how it ends.
. "$(dirname "$0")/../lib/tap.sh"

cc=${CC:-cc}
compare=("$MADVISOR" compare --progress never --probe rusage --rounds 2 --contenders self)

# A server that counts its visitors, in memory it allocates, and misbehaves as it is told.
cat >"$tmp/server.c" <<'end'
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int port = atoi(argv[1]), on = 1, visitors = 0;
	const char *how = argc > 2 ? argv[2] : "";
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (!strcmp(how, "stubborn"))
		signal(SIGTERM, SIG_IGN);
	if (!strcmp(how, "stillborn")) {
		fprintf(stderr, "no licence found\n");
		return 4;
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!strcmp(how, "talker")) {
		printf("reading\nsocket: not today\n");
		return 5;
	}
	if (!strcmp(how, "mute") || bind(fd, (void *)&address, sizeof(address)) < 0 || listen(fd, 10) < 0) {
		fprintf(stderr, "not listening\n");
		pause();
	}
	printf("listening\n");
	fflush(stdout);
	for (;;) {
		int client = accept(fd, NULL, NULL);
		char text[64], word[8] = "";

		if (read(client, word, 1) == 1) {
			char *block = memset(malloc(1 << 23), 1, 1 << 23);

			if (!strcmp(how, "frail"))
				abort();
			usleep(30000);
			snprintf(text, sizeof(text), "visitor %d\n", ++visitors);
			if (write(client, text, strlen(text)) < 0)
				return 1;
			free(block);
		}
		close(client);
	}
}
end
"$cc" -O1 -o "$tmp/server" "$tmp/server.c" 2>"$tmp/log" || skip_all "no C compiler"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
visit="exec 3<>/dev/tcp/127.0.0.1/$port; echo x >&3; read -r line <&3; echo \$line"
printf '%s\n' "$visit" >"$tmp/visit"
load="bash $tmp/visit"

value()
{
	python3 - "$tmp/r.json" "$1" <<-'end'
		import json, sys
		d = json.load(open(sys.argv[1]))
		print(eval(sys.argv[2]))
	end
}

run "${compare[@]}" --json "$tmp/r.json" --server "$tmp/server $port ''" --ready-port "$port" --load "$load"
is "a server is compared" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
is "it is judged by its CPU time" "$(value 'd["command"]["metric"]')" 'cpu_ns'
is "which is the server's, as is its memory" \
	"$(value '[r for r in d["runs"] if r["metrics"]["cpu_ns"] is None or (r["metrics"]["peak_rss_bytes"] or 0) < 8 << 20]')" '[]'
is "there is nothing to note" "$(value 'd["notes"]')" '[]'
is "it is stopped" "$(left_running)" ""

run "${compare[@]}" --json "$tmp/r.json" --server "$tmp/server $port" --ready-regex '^listening$' --load "$load" \
	--metric 'visitors=visitor ([0-9]+)'
is "readiness in what it prints, a metric in what the load prints" "$status $(value '{r["metrics"]["custom"] for r in d["runs"]}')" '0 {1}'

# Under which allocator each runs.
if "$MADVISOR" list allocators --names | grep -qx jemalloc; then
	run "${compare[@]}" --contenders jemalloc --json "$tmp/r.json" --server "$tmp/server $port" --ready-port "$port" \
		--load "$load; echo \"[\$LD_PRELOAD]\" >>$tmp/preloads"
	is "the server runs under the contender" "$status $(value '[c["name"] for c in d["contenders"] if "seen in a run" in (c["proof"] or "")]')" "0 ['jemalloc']"
	is "the load generator does not" "$(sort -u "$tmp/preloads")" '[]'
fi

run "${compare[@]}" --json "$tmp/r.json" -P how=quiet,calm --server "$tmp/server $port {how}" --ready-port "$port" --load "$load"
is "a scan reaches the server" "$(value '[c["name"] for c in d["cases"]]')" "['command/how=quiet', 'command/how=calm']"

# What goes wrong.
server=("${compare[@]}" --load "$load")
refused "a server that ends before it is ready" 3 'ended before it was ready.*exit status 4.*no licence' \
	"${server[@]}" --server "$tmp/server $port stillborn" --ready-port "$port"
refused "a server that complains on standard output" 3 'exit status 5: reading$' \
	"${server[@]}" --server "$tmp/server $port talker" --ready-port "$port"
like "in lines" "$err" '^  \| socket: not today$'
refused "a server that never gets ready" 3 'did not get ready within 0.5 s: .*not listening' \
	"${server[@]}" --ready-timeout 0.5 --server "$tmp/server $port mute" --ready-port "$port"
like "with what helps" "$err" 'hint:.*--ready-timeout'
refused "a load that prints no such number" 3 "nothing that it prints matches.*it ends with: 'visitor 1'" \
	"${server[@]}" --metric 'n=requests ([0-9]+)' --server "$tmp/server $port" --ready-port "$port"
refused "a load that is not found" 3 'load generator.*not found' \
	"${compare[@]}" --load no-such-load --server "$tmp/server $port" --ready-port "$port"
refused "a server that is not found" 3 'cannot run: no-such-server' \
	"${server[@]}" --server no-such-server --ready-port "$port"
refused "a server that dies under the load" 3 '(ended under the load|crashed).*signal 6' \
	"${server[@]}" --server "$tmp/server $port frail" --ready-port "$port"
refused "a load that fails" 3 'load generator.*exit status 9' \
	"${compare[@]}" --load 'exit 9' --server "$tmp/server $port" --ready-port "$port"
refused "a load that does not end" 3 'load generator.*timeout' \
	"${compare[@]}" --timeout 0.5 --load 'sleep 765432' --server "$tmp/server $port" --ready-port "$port"
run "${server[@]}" --json "$tmp/r.json" --stop-timeout 0.3 --server "$tmp/server $port stubborn" --ready-port "$port"
like "a server that ignores SIGTERM is killed, and reported" "$status $(value 'd["notes"]')" '^0 .*did not end within 0.3 s of SIGTERM'

"$tmp/server" "$port" >/dev/null &
other=$!
for _ in $(seq 100); do
	(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>"$tmp/log" && break
	sleep 0.05
done
refused "a port that is in use" 2 "port $port is in use" "${server[@]}" --server "$tmp/server $port" --ready-port "$port"
kill "$other"
wait "$other" 2>"$tmp/log"
is "nothing is left running" "$(left_running)" ""

refused "a server without a load" 2 'without --load' "${compare[@]}" --server "$tmp/server $port" --ready-port "$port"
refused "a server without a sign that it is ready" 2 'without --ready-port' "${server[@]}" --server "$tmp/server $port"
refused "a load without a server" 2 'for --server' "${server[@]}" -- true
refused "a server and a command" 2 'both' "${server[@]}" --server x --ready-port 1 -- true
refused "a port that is none" 2 'not a port' "${server[@]}" --server x --ready-port 70000
refused "a server's command line with a pipe" 2 'a character' "${server[@]}" --server 'a | b' --ready-port 1
refused "an open quote" 2 'quote' "${server[@]}" --server "a 'b" --ready-port 1
refused "a regular expression that is none" 2 'ready-regex' "${server[@]}" --server x --ready-regex '('

finish
