# SPDX-License-Identifier: MIT
# Allocations in signal handlers: that interrupt the library, at each of its
# instructions and at random; on stacks that come and go.

. "$MTR_SRC/tests/accuracy/accuracy.sh"

both stack_signals timer 200000
both stack_signals step 4 6
both stack_altstacks

need_checker
accuracy altstacks 1 1000 "$(victim stack_altstacks)"
accuracy timer 50 1000 "$(victim stack_signals)" timer 400000
[ -z "${MTR_EMULATE-}" ] && [ "$(uname -m)" = x86_64 ] || exit 0
accuracy step 7 1000 "$(victim stack_signals)" step 6 4
