#!/bin/sh
# SPDX-License-Identifier: MIT
# Seeded leaks, over tcmalloc_minimal.
. "$MTR_SRC/tests/lib.sh"
takes_long
MTR_AFTER=$(find_library libtcmalloc_minimal.so.4)
[ -n "$MTR_AFTER" ] || skip "libtcmalloc_minimal.so.4 is not installed"
. "$MTR_SRC/tests/leaks/seeded-lib.sh"
