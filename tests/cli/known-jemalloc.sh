#!/bin/sh
# SPDX-License-Identifier: MIT
# A known set of blocks, over jemalloc.
. "$MTR_SRC/tests/lib.sh"
takes_long
MTR_AFTER=$(find_library libjemalloc.so.2)
[ -n "$MTR_AFTER" ] || skip "libjemalloc.so.2 is not installed"
. "$MTR_SRC/tests/cli/known-lib.sh"
