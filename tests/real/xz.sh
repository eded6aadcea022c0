# SPDX-License-Identifier: MIT
# xz with two threads gives the same bytes, and gets the old ones back.

. "$MTR_SRC/tests/real/real.sh"
need xz seq

seq 1 400000 >"$mtr_tmp/in"
real_input=$mtr_tmp/in
real "xz -T2" xz -T2 --block-size=500000 -1 -c
mv "$mtr_tmp/plain.out" "$mtr_tmp/in.xz"
real_input=$mtr_tmp/in.xz
real "xz -d" xz -d -c
same "xz -d: what was packed" "$mtr_tmp/in" "$mtr_tmp/plain.out"
