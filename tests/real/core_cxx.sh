# SPDX-License-Identifier: MIT
# The same questions of a C++ program of ours. It has debug information, which
# the real ones may not: source lines and inlined functions.

. "$MTR_SRC/tests/real/cores.sh"
program=$(victim towers)
[ -x "$program" ] || skip "there is no C++ compiler"

begin() {
    launch "$program"
    await ready
}

check_cores towers "$program"
