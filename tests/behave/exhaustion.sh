# SPDX-License-Identifier: MIT
# No memory left: what libc promises then.

. "$MTR_SRC/tests/behave/behave.sh"

both exhausted
[ ! -x "$(victim exhausted_new)" ] || both exhausted_new
