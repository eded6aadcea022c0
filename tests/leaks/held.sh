#!/bin/sh
# SPDX-License-Identifier: MIT
# Who holds what, of a program that knows: by root, what is retained, and for
# each block a way that is really there, each step of it read back by gdb, which
# has the same names for the variables. From the live process and a core.
. "$MTR_SRC/tests/lib.sh"
need_preload
need_ptrace
. "$MTR_SRC/tests/cli/lib.sh"
need python3

program=$(victim held)
for run_options in '' -s32; do
    start
    for target in "$pid" gcore; do
        [ "$target" = "$pid" ] || {
            have_gcore || skip "gcore gives no core here"
            target=$core
        }
        python3 "$MTR_SRC/tests/leaks/held.py" "$command" "$program" "$target" \
            <seeded || fail "$target: not so ($run_options)"
    done
    stop
done
