# SPDX-License-Identifier: MIT
# AArch64: captured stacks against libgcc's unwinder, which backtrace() uses too;
# in odd places and in signal handlers, with plugins that come and go, and by
# unwind information that is wrong.

. "$MTR_SRC/tests/aarch64/lib.sh"
. "$MTR_SRC/tests/accuracy/accuracy.sh"

for what in coroutines passed altstack lost jit threads; do
    both stack_places "$what"
done
both stack_passed_fp
both stack_signals timer 4000
both stack_altstacks

need_checker
accuracy passed_fp 1 100 "$(victim stack_passed_fp)"
accuracy altstack 5 1000 "$(victim stack_places)" altstack
accuracy altstacks 1 1000 "$(victim stack_altstacks)"
(
    accuracy_may_end=1
    accuracy coroutines 5 1000 "$(victim stack_places)" coroutines
    accuracy jit 1 300 "$(victim stack_places)" jit
) || exit

run_tests 6 accuracy/shapes accuracy/unloads
run_tests 0 accuracy/wrong
