#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Every shell script of the repository passes shellcheck.
. "$(dirname "$0")/common.sh"

command -v shellcheck >/dev/null || skip_all 'no shellcheck (remedy: apt-get install shellcheck)'

cd "$root" || exit 1
while IFS= read -r -d '' file; do
	case $file in
	*.sh) ;;
	*) head -n 1 -- "$file" | grep -Eq '^#!.*\b(ba|da)?sh\b' || continue ;;
	esac
	run shellcheck -x -P SCRIPTDIR -S warning -e SC2034 -- "$file"
	result "$file" is_status 0
done < <(find . \( -name .git -o -name 'build*' -type d -o -name node_modules -o -name target \) \
	-prune -o -type f \( -name '*.sh' -o -name '*.t' -o -perm -u+x \) -print0 | sort -z)
finish
