#!/bin/sh
# SPDX-License-Identifier: MIT
# Leaks of C++: cycles of shared_ptr, lost containers; those in use are none.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
[ -x "$(victim leaky_cxx)" ] || skip "there is no C++ compiler"
. "$MTR_SRC/tests/cli/lib.sh"

program=$(victim leaky_cxx)
run_options=-s32

# KIND FUNCTION BLOCKS, by function
cat >want <<'END'
definite lose_cycle 1
definite lose_map 1
definite lose_vector 1
indirect long_text 20
indirect lose_cycle 1
indirect lose_map 10
indirect lose_vector 1
END

check() { # TARGET
    ask leaks --blocks --format=csv --names=short "$1"
    # a note may have commas; the function is the third field from the end
    sed 1d answer | awk -F, '{ n[$3 " " $(NF - 2)]++ }
        END { for (k in n) print k, n[k] }' | sed 's/[[(].*)//' | sort >got
    same "$1: blocks by function" want got
    ask leaks --json "$1"
    has '"kind":"definite","key":"lose_cycle()".*"cycle":true'
    # the nodes of a map point back to it
    has '"kind":"definite","key":"lose_map()".*"cycle":true'
    has '"kind":"definite","key":"lose_vector()".*"cycle":false'
}

start
check "$pid"
cores=0
if have_gcore; then
    check "$core"
    cores=1
fi
stop
[ "$cores" = 1 ] || skip "gcore gives no core here"
