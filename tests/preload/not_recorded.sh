# SPDX-License-Identifier: MIT
# A plain C program is recorded whole: nothing is counted as left out.
. "$MTR_SRC/tests/lib.sh"
need_preload

n=$(traced "$(victim not_recorded)") || fail "the victim ends with $?"
[ "$n" = 0 ] || fail "$n allocations are said to have no record"
