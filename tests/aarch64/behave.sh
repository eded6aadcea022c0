# SPDX-License-Identifier: MIT
# AArch64: programs behave as without the library, in default mode and with whole
# stacks. Left out is what qemu's user mode cannot do: programs that start others, forks,
# limits of memory, system call filters, single steps.

. "$MTR_SRC/tests/aarch64/lib.sh"
. "$MTR_SRC/tests/behave/behave.sh"

tests="behave/ends behave/record behave/foreign behave/odd_chunks
    behave/operator_new behave/own_malloc behave/plugins behave/threads"
# shellcheck disable=SC2086 # a list
run_tests 18 $tests behave/aligned behave/early behave/linkage
mtr_options=stacks=32
export mtr_options
# shellcheck disable=SC2086
run_tests 18 $tests
both signals
[ ! -x "$(victim cxx_threads)" ] || both cxx_threads
