# SPDX-License-Identifier: MIT
# Replaced forms of operator new and delete, with LLVM's C++ runtime. Its own
# headers are not needed: what they declare in <new> is the same everywhere.

. "$MTR_SRC/tests/behave/new_forms.sh"
need_cxx

replaced_cflags=-DNO_LIBRARY
replaced_libs='-nodefaultlibs -l:libc++.so.1 -l:libc++abi.so.1 -lgcc_s -lc'

echo '#include <new>
int main() { delete new int; }' >"$mtr_tmp/try.cc"
# shellcheck disable=SC2086 # a list of flags
$MTR_CXX "$mtr_tmp/try.cc" $replaced_libs -o "$mtr_tmp/try" 2>/dev/null ||
    skip "libc++ is not installed"

replaced
