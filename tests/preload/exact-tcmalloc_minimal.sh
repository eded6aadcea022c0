#!/bin/sh
# SPDX-License-Identifier: MIT
# The record of every live block is right, over tcmalloc_minimal.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
MTR_AFTER=$(find_library libtcmalloc_minimal.so.4)
[ -n "$MTR_AFTER" ] || skip "libtcmalloc_minimal.so.4 is not installed"
. "$MTR_SRC/tests/preload/exact-lib.sh"

exact truth
exact truth_cxx
