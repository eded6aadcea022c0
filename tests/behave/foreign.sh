# SPDX-License-Identifier: MIT
# Blocks that the library has not given.

. "$MTR_SRC/tests/behave/behave.sh"

both foreign
mtr_options=frees=1${mtr_quiet:+,$mtr_quiet}
both foreign
