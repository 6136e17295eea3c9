# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Under sudo, doas and pkexec: what is measured, and what is kept, is the calling user's.

# A user with a home of their own, where this machine lets a test have a user database of its own.
if [ "${1:-}" != inside ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	exec unshare -m bash "$0" inside
fi
. "$(dirname "$0")/../lib/tap.sh"
[ "${1:-}" = inside ] || skip_all "only root can become another user, in a mount namespace"

uid=54321
gid=54322
home=$tmp/user
chmod 755 "$tmp"
mkdir "$home" "$tmp/out-of-it"
chown "$uid:$gid" "$home"
cp /etc/passwd /etc/group "$tmp"
echo "mad-test:x:$uid:$gid::$home:/bin/mad-shell" >>"$tmp/passwd"
printf 'mad-test:x:%s:\nmad-more:x:54323:mad-test\n' "$gid" >>"$tmp/group"
mount --bind "$tmp/passwd" /etc/passwd && mount --bind "$tmp/group" /etc/group ||
	skip_all "no user database of its own to be had"
unset XDG_STATE_HOME SUDO_UID SUDO_GID SUDO_USER DOAS_USER PKEXEC_UID

secure=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
sudo=(env "SUDO_UID=$uid" "SUDO_GID=$gid" "SUDO_USER=mad-test" HOME=/root USER=root LOGNAME=root SHELL=/bin/sh "PATH=$secure")
compare=("$MADVISOR" compare --progress never --probe rusage --rounds 1 --contenders self)
state=$home/.local/state/madvisor
mkdir -m 777 "$tmp/said"

# Who runs, with which groups and environment.
cat >"$tmp/say" <<'end'
#!/bin/sh
{ id -u; id -g; id -G; echo "$HOME $USER $LOGNAME $SHELL $PATH"; } >"$1.new"
mv -f "$1.new" "$1"
end
chmod 755 "$tmp/say"

said()
{
	cat "$tmp/said/$1"
	rm -f "$tmp/said/$1"
}
path=$(sed -n 's/^ENV_PATH[[:space:]]*\(PATH=\)\{0,1\}//p' /etc/login.defs 2>/dev/null)
path=${path:-/usr/local/bin:$(getconf PATH)}
wanted="$uid
$gid
$gid 54323
$home mad-test mad-test /bin/mad-shell $path"

run "${sudo[@]}" "${compare[@]}" --prepare "$tmp/say $tmp/said/prepare" --conclude "$tmp/say $tmp/said/conclude" \
	--json "$tmp/r.json" -- "$tmp/say" "$tmp/said/target"
is "under sudo it runs" "$status" 0
[ "$status" = 0 ] || diagnose "$err"
for name in target prepare conclude; do
	is "as the calling user, with that user's environment ($name)" "$(said $name)" "$wanted"
done
check "the result is in that user's folder" test -f "$state/last.json"
is "where everything is that user's" "$(find "$home" ! -uid "$uid" -o ! -gid "$gid")" ""
is "and nobody else's to read" "$(stat -c %a "$state")" 700
is "a file that was asked for is root's, as under a shell of root's" "$(stat -c %u "$tmp/r.json")" 0
run "${sudo[@]}" "$MADVISOR" report --csv -
like "report finds it" "$out" '^command,self,'
saved=$(readlink "$state/last.json")
run setpriv --reuid "$uid" --regid "$gid" --clear-groups env "HOME=$home" "$MADVISOR" report --csv -
like "also without sudo" "$out" '^command,self,'

run "${sudo[@]}" "PATH=$tmp/bin:$secure" "${compare[@]}" -- "$tmp/say" "$tmp/said/target"
is "a PATH that is more than root's own stays" "$(said target | tail -1)" \
	"$home mad-test mad-test /bin/mad-shell $tmp/bin:$secure"
run "${sudo[@]}" "${compare[@]}" --user root -- "$tmp/say" "$tmp/said/target"
is "--user root asks otherwise" "$(said target)" "0
$(id -g)
$(id -G)
/root root root /bin/sh $secure"
check "and the result is still the calling user's" test "$(stat -c %u "$state/$(readlink "$state/last.json")")" = "$uid"
check "a new one" test "$(readlink "$state/last.json")" != "$saved"

run "${sudo[@]}" "$MADVISOR" compare --progress never --probe rusage --rounds 1 --contenders self \
	--server 'sh -c "echo up; exec sleep 100"' --ready-regex up --load "$tmp/say $tmp/said/load"
is "a load runs as that user" "$(said load)" "$wanted"
run "${sudo[@]}" "$MADVISOR" explain --progress never --probe rusage -- "$tmp/say" "$tmp/said/target"
is "so does what is explained" "$(said target)" "$wanted"

for by in "DOAS_USER=mad-test" "PKEXEC_UID=$uid"; do
	run env "$by" HOME=/root "PATH=$secure" "${compare[@]}" -- "$tmp/say" "$tmp/said/target"
	is "$by is the same" "$(said target)" "$wanted"
done
run env SUDO_UID=0 SUDO_GID=0 "HOME=$tmp/out-of-it" "${compare[@]}" -- "$tmp/say" "$tmp/said/target"
is "root's sudo changes nothing" "$(said target | head -1)" 0
check "and root's results are root's" test -f "$tmp/out-of-it/.local/state/madvisor/last.json"

# What goes on is a command line out of a file: the program that was tuned could have written it.
printf '{"secret": 1}\n' >"$home/tune.jsonl"
chown "$uid:$gid" "$home/tune.jsonl"
run "${sudo[@]}" "$MADVISOR" tune --resume
is "a tuning does not go on as root" "$status" 2
like "and it is said why" "$err" "would run as root what is kept in that user's folder"
run "$MADVISOR" tune --resume "$home/tune.jsonl"
is "nor does root go on with another's" "$status" 2
like "who is named" "$err" "would run what others can write: .*mad-test"

# XDG_STATE_HOME that sudo hands on.
mkdir "$home/else"
chown "$uid:$gid" "$home/else"
run "${sudo[@]}" "XDG_STATE_HOME=$home/else" "${compare[@]}" -- true
is "XDG_STATE_HOME holds, with the user's rights" "$(stat -c %u "$home/else/madvisor/last.json")" "$uid"

# Links out of the user's folder lead root nowhere.
rm -rf "$state" "$tmp/out-of-it"
mkdir -m 700 "$tmp/out-of-it"
ln -s "$tmp/out-of-it" "$state"
run "${sudo[@]}" "${compare[@]}" --json "$tmp/r.json" -- true
is "where the user's folder leads elsewhere, the run counts" "$status" 0
like "with a warning" "$err" 'warning: cannot'
is "and nothing is written there" "$(ls -A "$tmp/out-of-it")" ""
echo '{"secret": 1}' >"$tmp/out-of-it/secret"
rm "$state"
mkdir "$state"
ln -s "$tmp/out-of-it/secret" "$state/last.json"
chown -h "$uid:$gid" "$state" "$state/last.json"
run "${sudo[@]}" "$MADVISOR" report
like "nor read" "$err" 'cannot read .*Permission denied'
finish
