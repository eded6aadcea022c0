# SPDX-License-Identifier: MIT
# Blocks stay the program's, as libc promises, and the record stays right.

. "$MTR_SRC/tests/behave/behave.sh"

both aligned_data
both calloc_overflow
both calloc_untouched
both counters_drift
both errno_kept
both hint_shared
both misaligned
mtr_options="stacks=32${mtr_quiet:+,$mtr_quiet}"
both misaligned
unset mtr_options
both posix_memalign_fails
both realloc_counted
both usable_fill
