#!/bin/sh
# SPDX-License-Identifier: MIT
# Seeded leaks, over libc's own allocator.
. "$MTR_SRC/tests/leaks/seeded-lib.sh"
