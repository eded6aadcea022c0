#!/bin/sh
# SPDX-License-Identifier: MIT
# The order trailer, then entry, and entry, then free: looked at after every
# instruction, with stacks and without.

. "$MTR_SRC/tests/behave/behave.sh"

step() { # OPTIONS
    mtr_options=$1${1:+${mtr_quiet:+,}}$mtr_quiet
    under "$(victim single_step)"
    status=$?
    [ "$status" -ne 77 ] || skip "see above"
    [ "$status" -eq 0 ] || fail "single_step, options '$1': status $status"
}

step ""
step frees=1
step stacks=32
