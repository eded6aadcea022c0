# SPDX-License-Identifier: MIT
# The C++ compiler proper gives the same code.

. "$MTR_SRC/tests/real/real.sh"
need g++

cc1plus=$(g++ -print-prog-name=cc1plus)
[ -x "$cc1plus" ] || skip "g++ has no cc1plus"
real_silent=1

g++ -std=c++17 -E "$MTR_SRC/tests/real/templates.cc" -o "$mtr_tmp/in.ii" ||
    skip "g++ does not preprocess"
real cc1plus "$cc1plus" -std=c++17 -quiet -O2 -fpreprocessed \
    "$mtr_tmp/in.ii" -o /dev/stdout
mv "$mtr_tmp/plain.out" "$mtr_tmp/code"
[ "$(wc -l <"$mtr_tmp/code")" -gt 1000 ] || fail "hardly any code"
