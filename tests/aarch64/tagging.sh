# SPDX-License-Identifier: MIT
# AArch64 with memory tagging, which qemu's largest processor has.

. "$MTR_SRC/tests/aarch64/lib.sh"

MTR_QEMU_FLAGS="-cpu max"
export MTR_QEMU_FLAGS
. "$MTR_SRC/tests/behave/tagging.sh"
