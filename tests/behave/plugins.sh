# SPDX-License-Identifier: MIT
# Plugins that come and go, in C and in C++.

. "$MTR_SRC/tests/behave/behave.sh"

both plugins "$MTR_BUILD/tests/victims/.libs/plugin_c.so"
cxx=$MTR_BUILD/tests/victims/.libs/plugin_cxx.so
[ ! -f "$cxx" ] || both plugins "$cxx"
