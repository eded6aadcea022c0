# SPDX-License-Identifier: MIT
# A C++ program with threads, containers and exceptions, with each allocator.

. "$MTR_SRC/tests/real/real.sh"
need_cxx

real_all cxx_threads "$(victim cxx_threads)"
