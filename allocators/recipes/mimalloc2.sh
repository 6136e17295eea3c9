# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034,SC2154,SC2164
#
# mimalloc, the version 2 that most programs still carry: the same crate holds both.

# shellcheck source=allocators/recipes/mimalloc.sh
. "$recipes/mimalloc.sh"
series=v2
