# SPDX-License-Identifier: MIT
# Stacks in odd places: coroutines, handlers on stacks of their own, code that
# nobody has described, late threads, children.

. "$MTR_SRC/tests/accuracy/accuracy.sh"

for what in coroutines remapped passed altstack lost jit bare threads fork \
    vfork; do
    both stack_places "$what"
done

both stack_passed_fp

need_checker
accuracy passed_fp 1 100 "$(victim stack_passed_fp)"
accuracy altstack 5 1000 "$(victim stack_places)" altstack
# where makecontext's stacks end there may be no unwind information
accuracy_may_end=1
accuracy coroutines 5 1000 "$(victim stack_places)" coroutines
accuracy jit 1 300 "$(victim stack_places)" jit
