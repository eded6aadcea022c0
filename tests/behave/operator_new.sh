# SPDX-License-Identifier: MIT
# All forms of operator new and delete, with odd alignments too; those that a
# library replaces.

. "$MTR_SRC/tests/behave/behave.sh"
need_cxx

both all_new
compare odd_new "$(victim odd_new)"

MTR_AFTER=$MTR_BUILD/tests/victims/.libs/replace_new.so
both replaced_new
