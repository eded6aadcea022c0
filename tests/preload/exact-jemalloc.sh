#!/bin/sh
# SPDX-License-Identifier: MIT
# The record of every live block is right, over jemalloc.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
MTR_AFTER=$(find_library libjemalloc.so.2)
[ -n "$MTR_AFTER" ] || skip "libjemalloc.so.2 is not installed"
. "$MTR_SRC/tests/preload/exact-lib.sh"

exact truth
exact truth_cxx
