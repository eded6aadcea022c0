# SPDX-License-Identifier: MIT
# Stacks of frames of every shape against other unwinders, also where fewer
# frames are asked for.

. "$MTR_SRC/tests/accuracy/accuracy.sh"
need_checker
need_cxx

accuracy shapes 11 1000 "$(victim stack_shapes)" 200
accuracy shapes_plain 11 1000 "$(victim stack_shapes_plain)" 200
accuracy threads 23 1000 "$(victim stack_threads)" 150 10
for depth in 2 9 64; do
    mtr_options=stacks=$depth${mtr_quiet:+,$mtr_quiet}
    accuracy "shapes_$depth" 37 1000 "$(victim stack_shapes)" 200
done
