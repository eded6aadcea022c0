# SPDX-License-Identifier: MIT
# sqlite3 on a small load, with each allocator.

. "$MTR_SRC/tests/real/real.sh"
need sqlite3

real_input=$MTR_SRC/tests/real/load.sql
real_status=1 # it ends in an error, on purpose
real_all sqlite3 sqlite3 -batch :memory:
