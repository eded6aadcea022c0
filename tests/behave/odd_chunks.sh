#!/bin/sh
# SPDX-License-Identifier: MIT
# A libc whose chunk headers say something else than its malloc_usable_size:
# they are not believed.

. "$MTR_SRC/tests/behave/behave.sh"

MTR_AFTER=$MTR_BUILD/tests/victims/.libs/libodd_chunks.so
both usable_fill
