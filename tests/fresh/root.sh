# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# Fresh Debian roots, for the tests that run in one: source it.
#
#   make_root SUITE        unpacks trixie, bookworm, … as $root; it goes when the shell ends, unless $keep is yes
#   in_root COMMAND-LINE   runs that in it, by sh, with nothing on its standard input
#
# Needs root and debootstrap. The root uses this machine's way to the network (apt's sources and
# settings, proxies, certificates, cargo's configuration), read when it is made. Mounts live in a
# namespace of their own, so none stays behind. The bare root is kept as a tarball in
# ${XDG_CACHE_HOME:-~/.cache}/madvisor.

home=/srv		# of the one who types, in the root
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/madvisor
scratch=${TMPDIR:-/var/tmp}
keep=no

fail() {
	echo "fresh: $1" >&2
	exit "${2:-1}"
}

# The URI of this machine's first apt source whose URI matches (or, with -v, does not).
apt_source() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		grep "$@" | head -n 1
}

make_tarball() {
	local mirror root=$scratch/madvisor-fresh-$suite.debootstrap
	mirror=$(apt_source -v security || true)
	mkdir -p "$cache"
	rm -rf "$root"
	echo "fresh: debootstrap $suite"
	# shellcheck disable=SC2086
	debootstrap --variant=minbase --include=make "$suite" "$root" $mirror \
		>"$cache/$suite.log" 2>&1 || fail "debootstrap failed, see $cache/$suite.log" 4
	rm -f "$root"/var/cache/apt/archives/*.deb
	tar -C "$root" -cf "$tarball.part" .
	mv "$tarball.part" "$tarball"
	rm -rf "$root"
}

# This machine's way to the network, and nothing more of it.
configure_network() {
	local file mirror security
	cp /etc/resolv.conf "$root/etc/resolv.conf"
	cp /etc/hosts "$root/etc/hosts"
	mirror=$(apt_source -v security || true)
	security=$(apt_source security || true)
	rm -f "$root"/etc/apt/sources.list.d/*
	{
		[ -z "$mirror" ] || echo "deb $mirror $suite main"
		[ -z "$security" ] || echo "deb $security $suite-security main"
	} >"$root/etc/apt/sources.list"
	for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/*; do
		if [ -f "$file" ] && grep -q '^ *Acquire' "$file"; then
			cp "$file" "$root/etc/apt/apt.conf.d/"
		fi
	done
	cp -R /etc/apt/auth.conf.d/. "$root/etc/apt/auth.conf.d/" 2>/dev/null || true
	mkdir -p "$root/usr/local/share/ca-certificates" "$root$home/.cargo"
	cp -R /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
	for file in config.toml config; do
		[ ! -f "$HOME/.cargo/$file" ] || cp "$HOME/.cargo/$file" "$root$home/.cargo/"
	done
}

# The environment of the commands: a login's, and this machine's proxies and registry settings.
root_environment() {
	echo PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
	echo HOME=$home
	echo LANG=C.UTF-8
	env | grep -E '^(https?_proxy|HTTPS?_PROXY|no_proxy|NO_PROXY|ALL_PROXY|CARGO_REGISTRIES_)' || true
}

# Runs a command line of sh in the root, in a mount namespace of its own.
in_root() {
	local variables
	mapfile -t variables < <(root_environment)
	# The new root is a mount of its own and becomes /, as on a real machine: what is tested makes
	# mount namespaces too, and a chroot cannot. No process namespace: in one, BPF counts nothing.
	# shellcheck disable=SC2016
	unshare --mount --fork --kill-child bash -ec '
		mount --bind "$1" "$1"
		mount -t proc proc "$1/proc"
		mount --rbind /sys "$1/sys"
		mount --rbind /dev "$1/dev"
		mount -t tmpfs tmpfs "$1/run"
		cd "$1"
		pivot_root . mnt
		umount -l mnt
		exec chroot . env -i "${@:3}" sh -c "$2"
	' in_root "$root" "$1" "${variables[@]}" </dev/null
}

clean_up() {
	if [ "$keep" = yes ]; then
		echo "fresh: the root is $root"
	else
		rm -rf --one-file-system "$root"
	fi
}

make_root() {
	suite=$1
	[ "$(id -u)" = 0 ] || fail 'needs root' 4
	command -v debootstrap >/dev/null || fail 'needs debootstrap (apt-get install debootstrap)' 4

	tarball=$cache/$suite.tar
	[ -e "$tarball" ] || make_tarball
	root=$(mktemp -d "$scratch/madvisor-fresh-$suite.XXXXXX")
	trap clean_up EXIT
	tar -C "$root" -xf "$tarball"
	chmod 755 "$root"
	configure_network
}
