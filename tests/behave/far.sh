# SPDX-License-Identifier: MIT
# Blocks at ever new addresses: the ledger grows with those that are there.

. "$MTR_SRC/tests/behave/behave.sh"
[ -z "${MTR_DEBUG-}" ] ||
    skip "a debug build keeps a mark of each freed block, and so the ledger"

for options in "" stacks=32; do
    mtr_options=$options${mtr_quiet:+,$mtr_quiet}
    both far_blocks rolling
    both far_blocks threads
    both far_blocks realloc
done
