# SPDX-License-Identifier: MIT
# Many threads: the memory that they cost is bounded by how many live at once.

. "$MTR_SRC/tests/behave/behave.sh"

for options in "" stacks=32; do
    mtr_options=$options${mtr_quiet:+,$mtr_quiet}
    both crowd turns
    both crowd once 3000
    both crowd fork
done
