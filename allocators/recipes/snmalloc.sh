# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2164
#
# snmalloc: the preloadable shim, as its CMakeLists.txt builds it for Release (-O3 -DNDEBUG, no
# -march), C++20. It has no version of its own below the crate's, which follows its releases.

name=snmalloc
crate=snmalloc-sys
needs='cmake c++'
library=libsnmallocshim.so
prefix=

recipe_version() {
	echo "$crate_version"
}

recipe_build() {
	cmake_build "$1/upstream" "$2" snmallocshim -DSNMALLOC_BUILD_TESTING=OFF
	cp "$2/$library" "$3/"
}
