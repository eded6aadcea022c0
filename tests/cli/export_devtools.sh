#!/bin/sh
# SPDX-License-Identifier: MIT
# Chrome's DevTools itself, as it is in Chromium, loads heap snapshots: sizes,
# classes, who refers to a block and what it retains are those of `why`; two of
# one process compared have what `diff` has.
. "$MTR_SRC/tests/lib.sh"
takes_long
need_preload
. "$MTR_SRC/tests/cli/lib.sh"
. "$MTR_SRC/tests/cli/browser-lib.sh"
need_browser

# OLD NOW: two snapshots, or one twice
loads() {
    python3 "$MTR_SRC/tests/cli/devtools.py" "$command" "$1" "$2" >says 2>&1
    status=$?
    [ "$status" -ne 77 ] || skip "$(sed 's/^SKIP: //' says)"
    [ "$status" -eq 0 ] || {
        cat says
        fail "DevTools: $program ($run_options)"
    }
}

snapshot() { # FILE
    settled
    ask snapshot -o "$1" "$pid"
}

for run_options in '' -s32; do
    program=$(victim held)
    start
    snapshot old
    stop
    loads old old

    # What grows, goes, and is changed in its place.
    program=$(victim grows)
    start
    echo r >&3
    listen
    snapshot old
    echo ggfcr >&3
    listen
    snapshot now
    stop
    loads old now
    for function in grow steady resize; do
        grep -qw "$function" says || fail "$function did not change"
    done
done

# Of classes; what is lost.
for name in typed leaky; do
    program=$(victim $name)
    [ -x "$program" ] || continue
    start "$MTR_BUILD/tests/victims/.libs/leaky_lib.so"
    snapshot old
    stop
    loads old old
done
