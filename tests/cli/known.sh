#!/bin/sh
# SPDX-License-Identifier: MIT
# A known set of blocks, over libc's own allocator.
. "$MTR_SRC/tests/cli/known-lib.sh"
