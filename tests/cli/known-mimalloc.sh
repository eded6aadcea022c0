#!/bin/sh
# SPDX-License-Identifier: MIT
# A known set of blocks, over mimalloc.
. "$MTR_SRC/tests/lib.sh"
takes_long
MTR_AFTER=$(find_library 'libmimalloc.so.[23]')
[ -n "$MTR_AFTER" ] || skip "libmimalloc.so.2 or .3 is not installed"
. "$MTR_SRC/tests/cli/known-lib.sh"
