#!/bin/sh
# SPDX-License-Identifier: MIT
# Where the memory is, over libc's own allocator.
. "$MTR_SRC/tests/cli/memory-lib.sh"
