# SPDX-License-Identifier: MIT
# AArch64 with memory tagging, asynchronous and synchronous: with the wrong tag,
# or none, no block can be reached.

. "$MTR_SRC/tests/behave/behave.sh"

tag() { # TUNABLE OPTIONS
    GLIBC_TUNABLES=glibc.mem.tagging=$1
    export GLIBC_TUNABLES
    mtr_options=$2${2:+${mtr_quiet:+,}}$mtr_quiet
    plain "$(victim tagged)"
    [ $? -ne 77 ] || skip "no memory tagging here"
    for victim in tagged aligned_data errno_kept pointers usable_fill; do
        both "$victim"
    done
}

for options in '' stacks=32; do
    tag 1 "$options"
    tag 3 "$options"
done
