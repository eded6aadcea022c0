# SPDX-License-Identifier: MIT
# perl on a small load, with each allocator.

. "$MTR_SRC/tests/real/real.sh"
need perl

real_status=5
real_all perl env PERL_HASH_SEED=0 perl "$MTR_SRC/tests/real/load.pl"
