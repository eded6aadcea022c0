#!/bin/sh
# SPDX-License-Identifier: MIT
# The record of every live block is right, over mimalloc.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
MTR_AFTER=$(find_library 'libmimalloc.so.[23]')
[ -n "$MTR_AFTER" ] || skip "libmimalloc.so.2 or .3 is not installed"
. "$MTR_SRC/tests/preload/exact-lib.sh"

# 3.0.1 gives blocks away that overlap, and says another size of them later
echo | LD_PRELOAD=$MTR_AFTER "$(victim truth)" table 1 single sloppy \
    >alone 2>&1 || skip "$MTR_AFTER fails alone: $(tail -n 1 alone)"

exact truth sloppy
exact truth_cxx sloppy
