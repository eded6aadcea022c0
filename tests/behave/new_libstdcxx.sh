# SPDX-License-Identifier: MIT
# Replaced forms of operator new and delete, with the compiler's C++ runtime.

. "$MTR_SRC/tests/behave/new_forms.sh"
need_cxx

replaced
