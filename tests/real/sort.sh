# SPDX-License-Identifier: MIT
# sort with two threads.

. "$MTR_SRC/tests/real/real.sh"
need sort seq awk

seq 1 200000 | awk '{ print $1 * 7919 % 200003, "row", $1 }' >"$mtr_tmp/in"
sort --parallel=2 /dev/null 2>/dev/null || skip "sort has no --parallel"
real_input=$mtr_tmp/in
real sort sort --parallel=2 -S 8M -T "$mtr_tmp" -k1,1n -k3,3nr
