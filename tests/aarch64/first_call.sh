# SPDX-License-Identifier: MIT
# AArch64: each entry point, as the first that is called.

. "$MTR_SRC/tests/aarch64/lib.sh"
. "$MTR_SRC/tests/behave/first_call.sh"
