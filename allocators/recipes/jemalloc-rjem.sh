# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2164
#
# jemalloc as Rust programs carry it: every name prefixed with _rjem_, with the options the crate
# itself gives. It cannot replace malloc; it reads _RJEM_MALLOC_CONF.

# shellcheck source=allocators/recipes/jemalloc.sh
. "$recipes/jemalloc.sh"
variant=rjem
prefix=_rjem_
configure_options=(--with-jemalloc-prefix=_rjem_ --with-private-namespace=_rjem_ --disable-cxx
		   --disable-stats)
