#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tools/setup: with its own list of needs and stand-ins for apt, so that nothing is installed.
. "$(dirname "$0")/common.sh"

mkdir "$tmp/tools"
cp "$root/tools/setup" "$root/tools/progress.sh" "$tmp/tools/"
setup=$tmp/tools/setup
calls=$tmp/calls
there=$tmp/installed
export BUILD=$tmp/build CALLS=$calls THERE=$there
export PATH=$bin:/usr/bin:/bin

# needs < LIST: what tools/setup is to look for.
needs() {
	cat >"$tmp/tools/packages"
	rm -rf "$calls" "$there"
	: >"$calls"
}

stand_in apt-get <<'end'
echo "apt-get $*" >>"$CALLS"
case " $* " in *" install "*" new-name "*) : >"$THERE" ;; esac
end
stand_in apt-cache <<'end'
[ "${!#}" = new-name ] && echo 'Package: new-name'
exit 0
end
stand_in id <<'end'
echo "${FAKE_UID:-0}"
end
stand_in sudo <<'end'
exit 1
end

needs <<end
build required command sh dash
build wanted file /usr/bin/env coreutils
bench required command no-such-command-here other
end
run "$setup" build
result 'nothing is missing: succeeds' is_status 0
result 'nothing is missing: silent' silent
result 'nothing is missing: no package manager is started' not test -s "$calls"

needs <<end
build required file $there old-name|new-name
end
run "$setup" build
result 'something is missing: it is installed' is_status 0
result 'the package that this release knows is chosen' grep -q 'install.* new-name$' "$calls"
result 'the index is read before' grep -q 'update$' "$calls"
result 'progress is shown' says 'installing 1 packages'

needs <<end
build wanted file $tmp/never nobody-has-it
end
run "$setup" build
result 'a wanted thing that cannot be had does not stop' is_status 0
result '… and is named' says "missing: file $tmp/never (package nobody-has-it); going on"
result '… and no empty install is tried' not grep -q install "$calls"

needs <<end
build required file $tmp/never nobody-has-it
end
run "$setup" build
result 'a required thing that cannot be had stops' is_status 1
result '… and is named' says 'package nobody-has-it), required'

needs <<end
build required file $there new-name
end
FAKE_UID=1000 run "$setup" build
result 'not root, no sudo: refused' is_status 1
result '… with the command to type' says 'type as root: apt-get install new-name$'
result '… and apt-get is not tried' not test -s "$calls"

run "$setup" -n build
result 'a dry run names what is missing' says 'new-name), required'
result '… and installs nothing' not test -s "$calls"

# A system without apt-get: only what the script itself uses.
mkdir "$tmp/elsewhere"
for command in bash cat dirname cut grep sed awk tail tr sleep id env ldconfig; do
	file=$(PATH=$PATH:/sbin:/usr/sbin command -v "$command") && ln -s "$file" "$tmp/elsewhere/"
done
PATH=$tmp/elsewhere run "$setup" build
result 'no apt-get: refused' is_status 1
result '… and what to install is named' says 'not Debian.*: new-name$'

run "$setup" lunch
result 'an unknown purpose is a usage error' is_status 2

run "$root/tools/setup" -n build
result 'the real list: what built this is found' is_status 0
finish
