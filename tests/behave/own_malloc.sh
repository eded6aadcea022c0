# SPDX-License-Identifier: MIT
# A program that brings its own malloc is left alone.

. "$MTR_SRC/tests/behave/behave.sh"

compare own_malloc "$(victim own_malloc)"
[ "$mtr_traced" -eq 0 ] || fail "exit status $mtr_traced"
