#!/bin/sh
# SPDX-License-Identifier: MIT
# A known set of blocks, over tcmalloc.
. "$MTR_SRC/tests/lib.sh"
takes_long
MTR_AFTER=$(find_library libtcmalloc.so.4)
[ -n "$MTR_AFTER" ] || skip "libtcmalloc.so.4 is not installed"
. "$MTR_SRC/tests/cli/known-lib.sh"
