# SPDX-License-Identifier: MIT
# Within a seccomp filter: nothing is called that malloc has no need of, and
# what is refused is not asked for again.

. "$MTR_SRC/tests/behave/behave.sh"
[ -z "${MTR_DEBUG-}" ] || skip "the debug build calls the kernel for its log"

for options in "" stacks=32; do
    mtr_options=$options${mtr_quiet:+,$mtr_quiet}
    both sandboxed kill
    # EPERM, EACCES, ENOSYS
    for errno in 1 13 38; do
        both sandboxed refused $errno
    done
    both sandboxed coroutines
    both sandboxed ends
done
