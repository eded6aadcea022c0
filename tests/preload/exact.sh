#!/bin/sh
# SPDX-License-Identifier: MIT
# The record of every live block is right, over glibc, read from the process
# and from cores of it.
. "$MTR_SRC/tests/lib.sh"
need_preload
# shellcheck disable=SC3045 # dash and bash have it
ulimit -c unlimited 2>/dev/null
. "$MTR_SRC/tests/preload/exact-lib.sh"
exact_options="stacks=1,frees=1 stacks=32 sample=4K"
[ -z "${MTR_SHORT-}" ] || exact_options=stacks=32

exact truth
exact truth_cxx

start_truth truth threads
if have_gcore; then
    compare "truth threads, gcore" -c "$core"
    rm -f "$core"
else
    echo "not tried: no core from gcore"
fi
if have_kernel_core; then
    compare "truth threads, the kernel's core" -c "$core"
else
    echo "not tried: no core from the kernel"
fi
exit 0
