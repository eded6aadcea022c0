# SPDX-License-Identifier: MIT
# Blocks that the library has not given.

. "$MTR_SRC/tests/behave/behave.sh"

both foreign
