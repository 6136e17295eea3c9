# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2164
#
# mimalloc, current version (3): the shared library, as its CMakeLists.txt builds it for Release
# (-O3 -DNDEBUG). MI_NO_OPT_ARCH keeps it to the processor's baseline, as distributions do.

name=mimalloc
crate=libmimalloc-sys
needs='cmake cc'
library=libmimalloc.so
prefix=
series=v3

recipe_version() {
	awk '$1 == "#define" && $2 == "MI_MALLOC_VERSION" {
		printf "%d.%d.%d\n", $3 / 10000, $3 / 100 % 100, $3 % 100
	}' "$1/c_src/mimalloc/$series/include/mimalloc.h"
}

# The crate leaves out the folder cmake/, which CMakeLists.txt includes: the version's parts and
# one function for the pkg-config file. Stand-ins serve both.
stand_in_cmake_files() {
	local source=$1 major minor patch
	[ -e "$source/cmake" ] && return
	IFS=. read -r major minor patch <<<"$2"
	mkdir "$source/cmake"
	cat >"$source/cmake/mimalloc-config-version.cmake" <<-end
		set(mi_version_major $major)
		set(mi_version_minor $minor)
		set(mi_version_patch $patch)
		set(mi_version $major.$minor)
	end
	cat >"$source/cmake/JoinPaths.cmake" <<-'end'
		function(join_paths result)
			list(JOIN ARGN "/" joined)
			set(${result} "${joined}" PARENT_SCOPE)
		endfunction()
	end
}

recipe_build() {
	local source=$1/c_src/mimalloc/$series
	stand_in_cmake_files "$source" "$(recipe_version "$1")"
	cmake_build "$source" "$2" mimalloc -DMI_NO_OPT_ARCH=ON -DMI_BUILD_STATIC=OFF \
		-DMI_BUILD_OBJECT=OFF -DMI_BUILD_TESTS=OFF
	cp "$2/$library" "$3/"
}
