# SPDX-License-Identifier: MIT
# A core of the C++ compiler proper, stopped half way.

. "$MTR_SRC/tests/real/cores.sh"
takes_long
need g++

cc1plus=$(g++ -print-prog-name=cc1plus)
[ -x "$cc1plus" ] || skip "g++ has no cc1plus"
g++ -std=c++17 -E "$MTR_SRC/tests/real/templates.cc" -o in.ii ||
    skip "g++ does not preprocess"

# It writes more than a pipe has room for: after the first line it goes on until
# it has to wait, and nobody reads. Any moment of that will do.
begin() {
    launch "$cc1plus" -std=c++17 -quiet -O2 -fpreprocessed in.ii -o /dev/stdout
    await .file
}

check_cores cc1plus "$cc1plus"
