#!/bin/sh
# SPDX-License-Identifier: MIT
# A known set of blocks, over libc's own allocator.
known_options="stacks=1 stacks=0 stacks=32 sample=2K stacks=8,record=16"
. "$MTR_SRC/tests/cli/known-lib.sh"
