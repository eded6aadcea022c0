#!/bin/sh
# SPDX-License-Identifier: MIT
# The record is right over an allocator that brings the four classic functions
# alone: usable sizes are what was asked for, and what glibc's memalign gives
# is handed on without a record.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
MTR_AFTER=$MTR_BUILD/tests/victims/.libs/libsmall_malloc.so
[ -f "$MTR_AFTER" ] || fail "$MTR_AFTER is not there"
. "$MTR_SRC/tests/preload/exact-lib.sh"

exact truth foreign
exact truth_cxx foreign
