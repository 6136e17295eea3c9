# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2164
#
# jemalloc, current version, unprefixed, with upstream's defaults (-O3, statistics on): what a C
# program gets that links or preloads it. Reads MALLOC_CONF.

name=jemalloc
crate=tikv-jemalloc-sys
needs='cc c++ make'
library=libjemalloc.so.2
prefix=
configure_options=()

# The crate's version ends with the jemalloc version it carries: 0.7.1+5.3.1-0-g81034ce1f….
jemalloc_full_version() {
	echo "${crate_version#*+}"
}

recipe_version() {
	local version
	version=$(jemalloc_full_version)
	echo "${version%%-*}"
}

recipe_build() {
	cp -R "$1/jemalloc" "$2/src"
	cp "$1/configure/configure" "$2/src/"
	cd "$2/src"
	# The version must be named: outside a git checkout configure would find none.
	./configure --with-version="$(jemalloc_full_version)" --disable-doc --disable-static \
		${configure_options[@]+"${configure_options[@]}"}
	make -j"$jobs" build_lib_shared
	cp "lib/$library" "$3/"
}
