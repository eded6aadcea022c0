#!/bin/sh
# SPDX-License-Identifier: MIT
# speedscope reads folded stacks: its stacks have the numbers of the file, and
# its functions those of report. MTR_NODE_PATH is a folder in which `npm install
# speedscope` was said.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
. "$MTR_SRC/tests/cli/export-lib.sh"
. "$MTR_SRC/tests/cli/browser-lib.sh"
need_node_module speedscope
need_browser

read_by_speedscope() { # FILE
    python3 "$MTR_SRC/tests/cli/speedscope.py" "$module/dist/release" "$1" \
        >stacks 2>errors || {
        cat stacks errors
        fail "speedscope"
    }
}

program=$(victim known)
for run_options in '' -s32; do
    start
    for value in bytes blocks; do
        ask export --format=folded --value=$value -o heap.txt "$pid"
        summed <heap.txt >want
        read_by_speedscope heap.txt
        sort stacks >got
        same "stacks by $value ($run_options)" want got
        # by the innermost one
        reported $value
        sed 's/^.*;//' stacks | summed >got
        same "functions by $value ($run_options)" want got
    done
    stop
done
